/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound that generator makes of sound: pieces against the whole, wherever the buffers are cut, and
 * where they lie in time. */
#include <generative/onnx.h>
#include <generative/player.h>
#include <generative/preset.h>
#include <generative/random.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { CHANNELS = 2, RATE = 8000, FRAMES = 4000 };

static GenTensor *
constant (GenGraph *graph, const GenShape *shape, guint64 stream)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  GenRandom random = gen_random_new (5, "weights", stream);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.3f;
  return gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

/* Half as fast and back, with neighbours at both sides: [1, 2, length]. */
static void
save_filter (const char *path, gint64 length, const char *endless)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("filter");
  g_autoptr (GError) error = NULL;
  const gint64 wide[] = { 5, 3 }, cut[] = { 1, 1 }, two = 2;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CHANNELS, 1000));
  GenTensor *first[] = { x, constant (graph, &GEN_SHAPE (4, CHANNELS, 9), 0) }, *second[2],
            *third[2];
  GenTensor *y = gen_graph_op (graph, "Conv", first, 2, 1, &error, "pads", GEN_INTS, 2, wide, NULL);

  second[0] = gen_unary (graph, "Tanh", y, &error);
  second[1] = constant (graph, &GEN_SHAPE (4, 4, 4), 1);
  y = gen_graph_op (graph, "Conv", second, 2, 1, &error, "pads", GEN_INTS, 2, cut, "strides",
      GEN_INTS, 1, &two, NULL);
  third[0] = gen_unary (graph, "Relu", y, &error);
  third[1] = constant (graph, &GEN_SHAPE (4, CHANNELS, 4), 2);
  y = gen_graph_op (graph, "ConvTranspose", third, 2, 1, &error, "pads", GEN_INTS, 2, cut,
      "strides", GEN_INTS, 1, &two, NULL);
  if (endless != NULL)
    y = gen_binary (graph, "Add", y,
        gen_graph_op (graph, endless, (GenTensor *[]){ y }, 1, 1, &error, NULL), &error);
  g_assert_no_error (error);
  x->shape.dims[2] = y->shape.dims[2] = length;
  save_model (graph, y, path);
}

/* `FRAMES` frames of noise. */
static float *
make_noise (void)
{
  GenRandom random = gen_random_new (9, "noise", 0);
  float *noise = g_new (float, FRAMES *CHANNELS);

  gen_random_normal (&random, 0, 0, noise, FRAMES * CHANNELS);
  for (int i = 0; i < FRAMES * CHANNELS; i++)
    noise[i] = fmaxf (fminf (noise[i] / 4, 0.99f), -0.99f);
  return noise;
}

/* What the model makes of `frames` frames at once. */
static float *
make_whole (const char *path, const float *noise, gint64 frames)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .length = frames,
    .from_frames = TRUE,
    .to_frames = TRUE };
  float *whole = g_new (float, frames *CHANNELS);
  const GenFrame in = { .planes = { (gpointer)noise } }, out = { .planes = { whole } };

  g_assert_no_error (error);
  g_assert_true (gen_player_prepare (player, &use, NULL, &error));
  gen_player_bind_input_frame (player, 0, &in);
  gen_player_bind_output_frame (player, 0, &out);
  g_assert_true (gen_player_run (player, NULL));
  return whole;
}

static GstHarness *
open_harness (const char *path, const char *properties, gboolean int16)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s precision=fp32 kernels=rules %s", path, properties);
  g_autofree char *caps = g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=%d,"
                                           "channels=%d",
      int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), RATE, CHANNELS);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_sink_caps_str (harness, caps);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* The frames from `first` on, `n` of them, at the time that they have. */
static void
push (GstHarness *harness, const float *noise, int first, int n, gboolean int16, gboolean discont)
{
  const int size = int16 ? 2 : 4;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize)(n * CHANNELS * size), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (int i = 0; i < n * CHANNELS; i++)
    if (int16)
      ((gint16 *)map.data)[i] = (gint16)rintf (noise[first * CHANNELS + i] * 32768);
    else
      ((float *)map.data)[i] = noise[first * CHANNELS + i];
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)first, GST_SECOND, RATE);
  if (discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* Take all that has come: it begins with frame `first`, has `n` frames without a gap, and is
 * `whole` but for `most`. */
static void
pull_all (GstHarness *harness, int first, int n, const float *whole, gboolean int16, double most)
{
  GstBuffer *buffer;
  int come = 0;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    GstMapInfo map;
    int frames;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    frames = (int)map.size / CHANNELS / (int16 ? 2 : 4);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint64)(first + come));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==,
        gst_util_uint64_scale ((guint64)(first + come), GST_SECOND, RATE));
    g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) == (come == 0));
    g_assert_cmpint (come + frames, <=, n);
    for (int i = 0; i < frames * CHANNELS; i++) {
      const double made = int16 ? ((gint16 *)map.data)[i] / 32768.0 : ((float *)map.data)[i];

      g_assert_cmpfloat_with_epsilon (made,
          fmax (fmin (whole[come * CHANNELS + i], int16 ? 32767.0 / 32768 : 10), int16 ? -1 : -10),
          most);
    }
    come += frames;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (come, ==, n);
}

/* Take `n` frames, which are `wanted` and begin with frame `first`. */
static void
pull_some (GstHarness *harness, int first, int n, const float *wanted)
{
  GstBuffer *buffer;

  for (int come = 0; come < n;) {
    buffer = gst_harness_try_pull (harness);
    g_assert_nonnull (buffer);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint64)(first + come));
    for (gsize i = 0; i < gst_buffer_get_size (buffer) / sizeof (float); i++) {
      float made;

      gst_buffer_extract (buffer, i * sizeof (float), &made, sizeof made);
      g_assert_cmpfloat_with_epsilon (made, wanted[come * CHANNELS + (int)i], 2e-5);
    }
    come += (int)(gst_buffer_get_size (buffer) / sizeof (float) / CHANNELS);
    g_assert_cmpint (come, <=, n);
    gst_buffer_unref (buffer);
  }
}

static void
test_pieces (void)
{
  const struct {
    const char *properties;
    gboolean int16;
    int least, most; /* frames in a buffer */
  } cases[] = {
    { "", FALSE, 160, 160 },
    { "", TRUE, 1, 700 },
    { "chunk-size=1", FALSE, 33, 33 },
    { "chunk-size=64", TRUE, 80, 80 },
    { "chunk-size=3000", FALSE, 1, 300 },
    { "chunk-size=9000", FALSE, 1000, 1000 },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree float *noise = make_noise (), *whole = NULL;

  save_filter (path, -1, NULL);
  whole = make_whole (path, noise, FRAMES);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = open_harness (path, cases[i].properties, cases[i].int16);
    GenRandom random = gen_random_new (i, "cuts", 0);
    guint64 drawn = 0;

    for (int at = 0; at < FRAMES;) {
      const int n = cases[i].least + (int)gen_random_below (&random, 0, drawn++,
                                         (guint32)(cases[i].most - cases[i].least + 1));

      push (harness, noise, at, MIN (n, FRAMES - at), cases[i].int16, at == 0);
      at += MIN (n, FRAMES - at);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    /* Of int16 what goes in is rounded as well. */
    pull_all (harness, 0, FRAMES, whole, cases[i].int16, cases[i].int16 ? 4e-4 : 2e-5);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* The preset that extends bandwidths, with a last layer that is not zeros: it sees so little around
 * a piece that pieces are as the whole. */
static void
test_bandwidth_extender (void)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 4,
    .format = { &gen_medium_sound, .channels = CHANNELS, .rate = RATE, .length = 1024 } };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "extender.onnx", NULL);
  g_autofree float *noise = make_noise (), *whole = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = gen_preset_bandwidth_extender.nets[0](&options, &error);
  GenTensor *last;
  GstHarness *harness;
  double change = 0;

  g_assert_no_error (error);
  last = gen_graph_find (net, "last.weight");
  for (gint64 i = 0; i < gen_shape_elements (&last->shape); i++)
    ((float *)g_bytes_get_data (last->data, NULL))[i] = (float)sin (1.3 * (double)i);
  g_assert_true (gen_onnx_save (net, path, &error));
  whole = make_whole (path, noise, FRAMES);
  for (int i = 0; i < FRAMES * CHANNELS; i++)
    change = fmax (change, fabs ((double)whole[i] - noise[i]));
  g_assert_cmpfloat (change, >, 0.1);
  harness = open_harness (path, "chunk-size=640", FALSE);
  for (int at = 0; at < FRAMES; at += 250)
    push (harness, noise, at, 250, FALSE, at == 0);
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_all (harness, 0, FRAMES, whole, FALSE, 2e-5);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Samples to a device and back. GEN_CUDA_MODULE says which module stands for it. */
static void
test_device (void)
{
  g_autofree char *folder = NULL, *path = NULL;
  g_autofree float *noise = make_noise (), *whole = NULL;
  g_autoptr (GError) error = NULL;

  if (!gen_device_cuda.available (&error)) {
    g_test_skip (error->message);
    return;
  }
  folder = scratch_new ();
  path = g_build_filename (folder, "filter.onnx", NULL);
  save_filter (path, -1, NULL);
  whole = make_whole (path, noise, FRAMES);
  for (int int16 = 0; int16 < 2; int16++) {
    GstHarness *harness = open_harness (path, "device=cuda chunk-size=300", int16);

    for (int at = 0; at < FRAMES; at += 250)
      push (harness, noise, at, 250, int16, at == 0);
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_all (harness, 0, FRAMES, whole, int16, int16 ? 4e-4 : 2e-5);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* A jump ends one sound, and another one begins; a flush leaves nothing over. */
static void
test_jumps (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree float *noise = make_noise (), *first = NULL, *second = NULL;
  GstHarness *harness;
  GstSegment segment;

  save_filter (path, -1, NULL);
  first = make_whole (path, noise, 1000);
  second = make_whole (path, noise + 2000 * CHANNELS, 600);
  harness = open_harness (path, "", FALSE);
  push (harness, noise, 0, 1000, FALSE, TRUE);
  push (harness, noise, 2000, 600, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  pull_some (harness, 0, 1000, first);
  pull_some (harness, 2000, 600, second);
  push (harness, noise, 0, 77, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  push (harness, noise, 2000, 600, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_all (harness, 2000, 600, second, FALSE, 2e-5);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* So does a time that is more than 40 ms, 320 frames, from where the sound goes on; a smaller
 * difference is of clocks. */
static void
test_times (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree float *noise = make_noise (), *first = NULL, *second = NULL, *joined = NULL;
  GstHarness *harness;

  save_filter (path, -1, NULL);
  joined = g_memdup2 (noise, 800 * CHANNELS * sizeof (float));
  memcpy (joined + 500 * CHANNELS, noise + 800 * CHANNELS, 300 * CHANNELS * sizeof (float));
  first = make_whole (path, joined, 800);
  second = make_whole (path, noise + 1200 * CHANNELS, 600);
  harness = open_harness (path, "", FALSE);
  push (harness, noise, 0, 500, FALSE, TRUE);
  push (harness, noise, 800, 300, FALSE, FALSE);
  push (harness, noise, 1200, 600, FALSE, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_some (harness, 0, 800, first);
  pull_all (harness, 1200, 600, second, FALSE, 2e-5);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A model of one length is given silence at the ends; in between it is the same. */
static void
test_one_length (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree char *fixed = g_build_filename (folder, "fixed.onnx", NULL);
  g_autofree float *noise = make_noise (), *whole = NULL;
  GstHarness *harness;
  int come = 0;

  save_filter (path, -1, NULL);
  save_filter (fixed, 1024, NULL);
  whole = make_whole (path, noise, FRAMES);
  harness = open_harness (fixed, "", FALSE);
  for (int at = 0; at < FRAMES; at += 100)
    push (harness, noise, at, 100, FALSE, at == 0);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
    for (gsize i = 0; i < gst_buffer_get_size (buffer) / sizeof (float); i++) {
      const int sample = come * CHANNELS + (int)i;
      float made;

      gst_buffer_extract (buffer, i * sizeof (float), &made, sizeof made);
      if (sample > 50 * CHANNELS && sample < (FRAMES - 50) * CHANNELS)
        g_assert_cmpfloat_with_epsilon (made, whole[sample], 2e-5);
    }
    come += (int)(gst_buffer_get_size (buffer) / sizeof (float) / CHANNELS);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (come, ==, FRAMES);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* What comes of pieces of `piece` frames that share half, by its definition: each made by itself,
 * and all of them under a Hann window. */
static float *
make_overlapping (const char *path, const float *noise, int piece)
{
  const int half = piece / 2;
  float *sum = g_new0 (float, (FRAMES + 2 * piece) * CHANNELS);
  g_autofree float *padded = g_new0 (float, (FRAMES + piece) * CHANNELS);

  memcpy (padded, noise, sizeof (float) * FRAMES * CHANNELS);
  for (int at = 0; at < FRAMES; at += half) {
    g_autofree float *made = make_whole (path, padded + at * CHANNELS, piece);

    for (int i = 0; i < piece; i++) {
      const double window = pow (sin (G_PI * (i + 0.5) / piece), 2);

      for (int c = 0; c < CHANNELS; c++)
        sum[(at + i) * CHANNELS + c] +=
            (float)(at == 0 && i < half ? 1 : window) * made[i * CHANNELS + c];
    }
  }
  /* The last piece has none behind it. */
  return sum;
}

/* The largest step from one frame to the next at a multiple of `every`, beside that of `whole`. */
static double
find_click (const float *made, const float *whole, int every)
{
  double worst = 0;

  for (int at = every; at < FRAMES - every; at += every)
    for (int c = 0; c < CHANNELS; c++) {
      const int i = at * CHANNELS + c;

      worst =
          fmax (worst, fabs ((made[i] - whole[i]) - (made[i - CHANNELS] - whole[i - CHANNELS])));
    }
  return worst;
}

static float *
pull_numbers (GstHarness *harness)
{
  float *numbers = g_new0 (float, FRAMES *CHANNELS);
  gsize come = 0;

  for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
    const gsize size = gst_buffer_get_size (buffer);

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, come / sizeof (float) / CHANNELS);
    g_assert_cmpuint (come + size, <=, FRAMES * CHANNELS * sizeof (float));
    gst_buffer_extract (buffer, 0, (guint8 *)numbers + come, size);
    come += size;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (come, ==, FRAMES * CHANNELS * sizeof (float));
  return numbers;
}

static float *
play_noise (const char *path, const char *properties, const float *noise)
{
  GstHarness *harness = open_harness (path, properties, FALSE);
  float *made;

  for (int at = 0; at < FRAMES; at += 500)
    push (harness, noise, at, 500, FALSE, at == 0);
  gst_harness_push_event (harness, gst_event_new_eos ());
  made = pull_numbers (harness);
  gst_harness_teardown (harness);
  return made;
}

/* Results that hang on all: pieces overlap, a warning says why, and there is no click. */
static void
test_endless (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "endless.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("audiotestsrc num-buffers=20 ! audio/x-raw,rate=%d ! "
                                             "generator sample-rate=%d model=%s ! fakesink",
      RATE, RATE, path);
  g_autofree char *words = NULL;
  g_autofree float *noise = make_noise (), *whole = NULL, *wanted = NULL, *made = NULL, *cut = NULL;
  gboolean failed;
  double click, cut_click, error = 0, power = 0;

  save_filter (path, -1, "GlobalAveragePool");
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  assert_says (words, "GlobalAveragePool");
  assert_says (words, "overlap");
  g_assert_cmpuint (count_words (words, "\n"), ==, 1);
  whole = make_whole (path, noise, FRAMES);
  wanted = make_overlapping (path, noise, 500);
  made = play_noise (path, "chunk-size=500", noise);
  /* All but what the last piece alone has made. */
  for (int i = 0; i < (FRAMES - 500) * CHANNELS; i++)
    g_assert_cmpfloat_with_epsilon (made[i], wanted[i], 2e-5);
  for (int i = 0; i < FRAMES * CHANNELS; i++) {
    error += pow (made[i] - whole[i], 2);
    power += pow (whole[i], 2);
  }
  g_test_message ("%.1f dB off the whole", 10 * log10 (error / power));
  g_assert_cmpfloat (error, <, power / 100);
  cut = play_noise (path, "chunk-size=250 context=100", noise);
  click = find_click (made, whole, 250);
  cut_click = find_click (cut, whole, 250);
  g_test_message ("steps of %g, and %g where pieces do not overlap", click, cut_click);
  g_assert_cmpfloat (click, <, cut_click / 20);
  scratch_remove (folder);
}

/* Of a model of one length half of that is shared, and what is said otherwise holds. */
static void
test_overlap (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *endless = g_build_filename (folder, "endless.onnx", NULL);
  g_autofree char *fixed = g_build_filename (folder, "fixed.onnx", NULL);
  g_autofree char *finite = g_build_filename (folder, "finite.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc num-buffers=2 ! generator model=%s chunk-size=500 overlap=251 ! fakesink",
      finite);
  g_autofree float *noise = make_noise (), *wanted = NULL, *made = NULL, *whole = NULL,
                   *same = NULL;
  g_autofree char *words = NULL;
  gboolean failed;

  save_filter (endless, -1, "GlobalAveragePool");
  save_filter (fixed, 1024, "GlobalAveragePool");
  wanted = make_overlapping (endless, noise, 1024);
  made = play_noise (fixed, "", noise);
  for (int i = 0; i < (FRAMES - 1024) * CHANNELS; i++)
    g_assert_cmpfloat_with_epsilon (made[i], wanted[i], 2e-5);
  /* Where pieces come out as the whole does, so does what they share. */
  save_filter (finite, -1, NULL);
  whole = make_whole (finite, noise, FRAMES);
  same = play_noise (finite, "overlap=100 chunk-size=600", noise);
  for (int i = 50 * CHANNELS; i < (FRAMES - 50) * CHANNELS; i++)
    g_assert_cmpfloat_with_epsilon (same[i], whole[i], 2e-5);
  words = play_for_words (launch, &failed);
  g_assert_true (failed);
  assert_says (words, "overlap");
  scratch_remove (folder);
}

/* The file is named once. */
static void
test_wrong_rate (void)
{
  g_autofree char *folder = scratch_new (), *words = NULL;
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autofree char *launch =
      g_strdup_printf ("audiotestsrc num-buffers=1 ! generator model=%s ! fakesink", path);
  gboolean failed;

  save_filter (path, -1, NULL);
  g_assert_true (g_file_set_contents (beside, "[generative]\nsample-rate=fast\n", -1, NULL));
  words = play_for_words (launch, &failed);
  g_assert_true (failed);
  assert_says (words, "key sample-rate of the .modelinfo file is \"fast\"");
  g_assert_cmpuint (count_words (words, "filter.onnx"), ==, 1);
  scratch_remove (folder);
}

/* A run of more samples than anybody waits for. */
static void
test_too_long (void)
{
  static const char *const properties[] = { "chunk-size=2000000000", "context=2000000000",
    "chunk-size=16777216" };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "endless.onnx", NULL);

  save_filter (path, -1, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_autofree char *launch = g_strdup_printf (
        "audiotestsrc num-buffers=2 ! generator model=%s %s ! fakesink", path, properties[i]);
    g_autofree char *words = NULL;
    gboolean failed;

    words = play_for_words (launch, &failed);
    g_assert_true (failed);
    assert_says (words, "chunk-size");
    assert_says (words, "16777216 that are made in one run");
  }
  scratch_remove (folder);
}

/* Half as many samples come out; of one that is left over nothing does. */
static void
test_slower (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "slower.onnx", NULL);
  g_autofree float *noise = make_noise ();
  g_autoptr (GenGraph) graph = gen_graph_new ("slower");
  g_autoptr (GError) error = NULL;
  const gint64 two = 2;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CHANNELS, 4096));
  GenTensor *y = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 1,
      &two, "strides", GEN_INTS, 1, &two, NULL);

  g_assert_no_error (error);
  x->shape.dims[2] = y->shape.dims[2] = -1;
  save_model (graph, y, path);
  for (int n = 1; n <= 801; n += 100) {
    g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
    GstHarness *harness = gst_harness_new_parse (launch);
    int come = 0;

    gst_harness_set_src_caps_str (harness,
        "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=8000,"
                                                 "channels=2");
    push (harness, noise, 0, n, FALSE, TRUE);
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
      g_assert_cmpuint (
          GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale ((guint64)come, GST_SECOND, RATE / 2));
      for (gsize i = 0; i < gst_buffer_get_size (buffer) / sizeof (float);
           i++, come += i % 2 == 0) {
        const int at = 2 * come * CHANNELS + (int)(i % 2);
        float made;

        gst_buffer_extract (buffer, i * sizeof (float), &made, sizeof made);
        g_assert_cmpfloat_with_epsilon (made, (noise[at] + noise[at + CHANNELS]) / 2, 1e-6);
      }
      gst_buffer_unref (buffer);
    }
    g_assert_cmpint (come, ==, n / 2);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* Another model, of another context, takes over between two pieces. */
static void
test_change (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree char *other = g_build_filename (folder, "same.onnx", NULL);
  g_autofree float *noise = make_noise (), *whole = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("same");
  g_autoptr (GstElement) generator = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstMessage *message;
  GstHarness *harness;
  GenTensor *x, *y;

  save_filter (path, -1, NULL);
  whole = make_whole (path, noise, 1000);
  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CHANNELS, 1000));
  y = gen_unary (graph, "Neg", x, &error);
  x->shape.dims[2] = y->shape.dims[2] = -1;
  save_model (graph, y, other);
  harness = open_harness (path, "", FALSE);
  generator = gst_harness_find_element (harness, "generator");
  gst_element_set_bus (generator, bus);
  push (harness, noise, 0, 1000, FALSE, TRUE);
  g_object_set (generator, "model", other, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  gst_message_unref (message);
  /* What was left of the first is made by the old one. */
  push (harness, noise, 1000, 1000, FALSE, FALSE);
  pull_some (harness, 0, 1000, whole);
  for (int i = 0; i < 2000 * CHANNELS; i++)
    noise[i] = -noise[i];
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_some (harness, 1000, 1000, noise + 1000 * CHANNELS);
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A piece and what follows it are waited for. */
static void
test_latency (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "filter.onnx", NULL);
  g_autofree float *noise = make_noise ();
  GstHarness *harness;

  save_filter (path, -1, NULL);
  harness = open_harness (path, "chunk-size=800", FALSE);
  gst_harness_set_upstream_latency (harness, 0);
  push (harness, noise, 0, 100, FALSE, TRUE);
  g_assert_cmpuint (gst_harness_query_latency (harness), >=, 100 * GST_MSECOND);
  g_assert_cmpuint (gst_harness_query_latency (harness), <, 2 * GST_SECOND);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/pieces", test_pieces);
  g_test_add_func ("/streaming/bandwidth-extender", test_bandwidth_extender);
  g_test_add_func ("/streaming/device", test_device);
  g_test_add_func ("/streaming/jumps", test_jumps);
  g_test_add_func ("/streaming/times", test_times);
  g_test_add_func ("/streaming/one-length", test_one_length);
  g_test_add_func ("/streaming/endless", test_endless);
  g_test_add_func ("/streaming/overlap", test_overlap);
  g_test_add_func ("/streaming/wrong-rate", test_wrong_rate);
  g_test_add_func ("/streaming/too-long", test_too_long);
  g_test_add_func ("/streaming/slower", test_slower);
  g_test_add_func ("/streaming/change", test_change);
  g_test_add_func ("/streaming/latency", test_latency);
  return g_test_run ();
}
