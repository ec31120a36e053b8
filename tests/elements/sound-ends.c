/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound at one end of generator: of vectors and of pictures, and pictures and tensors of it. */
#include <generative/player.h>
#include <generative/random.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { BANDS = 12, VECTORS = 100, STRIDE = 4, RATE = 8000, WINDOW = 1024 };

static GenTensor *
constant (GenGraph *graph, const GenShape *shape, guint64 stream)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  GenRandom random = gen_random_new (5, "weights", stream);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.2f;
  return gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

static GenTensor *
swap (GenGraph *graph, GenTensor *x)
{
  const gint64 order[] = { 0, 2, 1 };

  return gen_graph_op (graph, "Transpose", &x, 1, 1, NULL, "perm", GEN_INTS, 3, order, NULL);
}

/* A vocoder, if a poor one: [1, 12, T] or [1, T, 12] to [1, 1, 4 T], with neighbours. */
static void
save_vocoder (const char *path, gboolean channels_last, gint64 length)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("vocoder");
  g_autoptr (GError) error = NULL;
  const gint64 same[] = { 1, 1 }, cut[] = { 2, 2 }, stride = STRIDE;
  GenTensor *x = gen_graph_add_input (graph, "mel", GEN_TYPE_FLOAT32,
      channels_last ? &GEN_SHAPE (1, VECTORS, BANDS) : &GEN_SHAPE (1, BANDS, VECTORS));
  GenTensor *first[2] = { channels_last ? swap (graph, x) : x }, *second[2], *y;

  first[1] = constant (graph, &GEN_SHAPE (6, BANDS, 3), 0);
  y = gen_graph_op (graph, "Conv", first, 2, 1, &error, "pads", GEN_INTS, 2, same, NULL);
  second[0] = gen_unary (graph, "Tanh", y, &error);
  second[1] = constant (graph, &GEN_SHAPE (6, 1, 8), 1);
  y = gen_graph_op (graph, "ConvTranspose", second, 2, 1, &error, "pads", GEN_INTS, 2, cut,
      "strides", GEN_INTS, 1, &stride, NULL);
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  x->shape.dims[channels_last ? 1 : 2] = length;
  y->shape.dims[2] = length < 0 ? -1 : length * STRIDE;
  save_model (graph, y, path);
}

/* VECTORS vectors, one after another. */
static float *
make_vectors (void)
{
  GenRandom random = gen_random_new (9, "vectors", 0);
  float *numbers = g_new (float, VECTORS *BANDS);

  gen_random_normal (&random, 0, 0, numbers, VECTORS * BANDS);
  return numbers;
}

/* What the model makes of all of them at once. */
static float *
make_whole (const char *path, const float *vectors)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .length = VECTORS,
    .from_frames = TRUE,
    .to_frames = TRUE };
  float *whole = g_new (float, VECTORS *STRIDE);
  const GenFrame in = { .planes = { (gpointer)vectors } }, out = { .planes = { whole } };

  g_assert_no_error (error);
  g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_SERIES);
  g_assert_cmpint (model->inputs[0].channels, ==, BANDS);
  g_assert_true (gen_player_prepare (player, &use, NULL, &error));
  gen_player_bind_input_frame (player, 0, &in);
  gen_player_bind_output_frame (player, 0, &out);
  g_assert_true (gen_player_run (player, NULL));
  return whole;
}

static GstHarness *
open_harness (const char *path, const char *properties, const char *caps)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s precision=fp32 kernels=rules %s", path, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
wrap (const float *numbers, gsize n)
{
  return gst_buffer_new_wrapped (g_memdup2 (numbers, n * sizeof (float)), n * sizeof (float));
}

/* `n` vectors from number `first` on, as `dimensions` of the caps say. */
static void
push_vectors (GstHarness *harness, const float *vectors, int first, int n, gboolean planar)
{
  g_autofree float *numbers = g_new (float, n *BANDS);
  GstBuffer *buffer;

  for (int i = 0; i < n * BANDS; i++)
    numbers[planar ? i % BANDS * n + i / BANDS : i] = vectors[first * BANDS + i];
  buffer = wrap (numbers, (gsize)(n * BANDS));
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)(first * STRIDE), GST_SECOND, RATE);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* What has come is `wanted`, but for `margin` samples at the ends. */
static void
assert_sound (GstHarness *harness, const float *wanted, int n, int margin)
{
  GstBuffer *buffer;
  int come = 0;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    const gsize size = gst_buffer_get_size (buffer);
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint64)come);
    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale ((guint64)come, GST_SECOND, RATE));
    g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) == (come == 0));
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    for (int i = 0; i < (int)(size / sizeof (float)); i++)
      if (come + i >= margin && come + i < n - margin)
        g_assert_cmpfloat_with_epsilon (((float *)map.data)[i], wanted[come + i], 2e-5);
    gst_buffer_unmap (buffer, &map);
    come += (int)(size / sizeof (float));
    g_assert_cmpint (come, <=, n);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (come, ==, n);
}

/* However vectors come, the sound is that of all of them. */
static void
test_vectors (void)
{
  const struct {
    const char *properties, *dimensions;
    int vectors;
    gboolean planar, channels_last;
  } cases[] = {
    { "", "12:1:1:1", 1, FALSE, FALSE },
    { "", "12", 1, FALSE, TRUE },
    { "", "12:10:1:1", 10, FALSE, FALSE },
    { "chunk-size=7", "25:12:1:1", 25, TRUE, FALSE },
    { "chunk-size=1000", "25:12", 25, TRUE, TRUE },
    { "chunk-size=1", "12:50:1:1", 50, FALSE, TRUE },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "vocoder.onnx", NULL);
  g_autofree char *last = g_build_filename (folder, "last.onnx", NULL);
  g_autofree float *vectors = make_vectors (), *whole = NULL, *same = NULL;

  save_vocoder (path, FALSE, -1);
  save_vocoder (last, TRUE, -1);
  whole = make_whole (path, vectors);
  same = make_whole (last, vectors);
  for (int i = 0; i < VECTORS * STRIDE; i++)
    g_assert_cmpfloat_with_epsilon (whole[i], same[i], 1e-6);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *caps =
        g_strdup_printf ("other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
                         "dimensions=(string)%s,framerate=(fraction)2000/%d",
            cases[i].dimensions, cases[i].vectors);
    GstHarness *harness =
        open_harness (cases[i].channels_last ? last : path, cases[i].properties, caps);

    for (int at = 0; at < VECTORS; at += cases[i].vectors)
      push_vectors (harness, vectors, at, cases[i].vectors, cases[i].planar);
    gst_harness_push_event (harness, gst_event_new_eos ());
    assert_sound (harness, whole, VECTORS * STRIDE, 0);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* A model of 40 vectors at a time is played piece by piece as well; its ends see zeros. */
static void
test_fixed_vectors (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "vocoder.onnx", NULL);
  g_autofree char *fixed = g_build_filename (folder, "fixed.onnx", NULL);
  g_autofree float *vectors = make_vectors (), *whole = NULL;
  GstHarness *harness;

  save_vocoder (path, FALSE, -1);
  save_vocoder (fixed, FALSE, 40);
  whole = make_whole (path, vectors);
  harness = open_harness (fixed, "sample-rate=8000",
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)12:20:1:1,framerate=(fraction)100/1");
  for (int at = 0; at < VECTORS; at += 20)
    push_vectors (harness, vectors, at, 20, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  assert_sound (harness, whole, VECTORS * STRIDE, 4 * STRIDE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* What latentsrc is asked for, and that vectors of another length are refused with what is right.
 */
static void
test_vector_caps (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "vocoder.onnx", NULL);
  g_autofree char *plays = g_strdup_printf (
      "latentsrc num-buffers=30 ! generator model=%s ! audio/x-raw,rate=8000 ! fakesink", path);
  g_autofree char *fails = g_strdup_printf (
      "latentsrc num-buffers=3 ! other/tensors,dimensions=(string)13:1:1:1 ! generator model=%s ! "
      "fakesink",
      path);
  g_autofree char *words = NULL, *refusal = NULL;
  gboolean failed;

  save_vocoder (path, FALSE, -1);
  words = play_for_words (plays, &failed);
  g_assert_false (failed);
  g_assert_cmpstr (words, ==, "");
  refusal = play_for_words (fails, &failed);
  g_assert_true (failed);
  assert_says (refusal, "12");
  scratch_remove (folder);
}

/* Pictures [N, 1, 4, 8] to sounds [N, 2, 16], which are their grey values. */
static void
save_sonifier (const char *path, gint64 batch, gboolean free_size)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sonifier");
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { free_size ? 1 : -1, 2, free_size ? -1 : 16 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 8));
  GenTensor *y = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, dims, 3), &error);

  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("-1,1"));
  x->shape.dims[0] = y->shape.dims[0] = batch;
  if (free_size)
    x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[2] = -1;
  save_model (graph, y, path);
}

static void
test_pictures (void)
{
  const struct {
    const char *properties;
    gint64 batch;
    int rows;
  } cases[] = {
    { "sample-rate=8000", -1, 4 },
    { "sample-rate=8000 batch-size=3", -1, 4 },
    { "sample-rate=8000 batch-size=2", 1, 4 },
    { "sample-rate=8000", 1, 6 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "sonifier.onnx", NULL);
    const int size = 8 * cases[i].rows, frames = size / 2;
    g_autofree char *caps = g_strdup_printf (
        "video/x-raw,format=GRAY8,width=8,height=%d,framerate=25/1", cases[i].rows);
    GstHarness *harness;

    save_sonifier (path, cases[i].batch, cases[i].rows != 4);
    harness = open_harness (path, cases[i].properties, caps);
    gst_harness_set_sink_caps_str (
        harness, "audio/x-raw,format=" GST_AUDIO_NE (S16) ",rate=8000,channels=2");
    for (int n = 0; n < 5; n++) {
      GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize)size, NULL);

      for (int k = 0; k < size; k++)
        gst_buffer_memset (buffer, (gsize)k, (guint8)(n * 40 + k), 1);
      GST_BUFFER_PTS (buffer) = (guint64)n * GST_SECOND / 25;
      g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (int n = 0; n < 5; n++) {
      g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);

      g_assert_nonnull (buffer);
      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint64)(n * frames));
      g_assert_cmpuint (gst_buffer_get_size (buffer), ==, (gsize)frames * 4);
      for (int k = 0; k < size; k++) {
        const guint8 grey = (guint8)(n * 40 + k);
        gint16 sample;

        gst_buffer_extract (
            buffer, (gsize)(k % frames * 2 + k / frames) * 2, &sample, sizeof sample);
        g_assert_cmpint (sample, >=, (int)floor (grey / 127.5 * 32768 - 32768) - 1);
        g_assert_cmpint (sample, <=, MIN ((int)ceil (grey / 127.5 * 32768 - 32768) + 1, 32767));
      }
    }
    g_assert_null (gst_harness_try_pull (harness));
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

static void
save_text (const char *from, const char *to)
{
  g_autofree char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (from, &text, &length, NULL));
  g_assert_true (g_file_set_contents (to, text, (gssize)length, NULL));
}

/* Another model, of as large pictures, whose sounds are longer. */
static void
test_longer_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "sonifier.onnx", NULL);
  g_autofree char *other = g_build_filename (folder, "longer.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("longer");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) generator = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  const gint64 dims[] = { 1, 2, -1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 8));
  GenTensor *twice[] = { x, x }, *y;
  GstMessage *message;
  GstHarness *harness;

  y = gen_graph_op (graph, "Concat", twice, 2, 1, &error, "axis", GEN_INT, 3, NULL);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, dims, 3), &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "-1,1");
  x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[2] = -1;
  save_model (graph, y, other);
  save_sonifier (path, 1, TRUE);
  harness = open_harness (
      path, "sample-rate=8000", "video/x-raw,format=GRAY8,width=8,height=4,framerate=25/1");
  generator = gst_harness_find_element (harness, "generator");
  gst_element_set_bus (generator, bus);
  gst_harness_set_sink_caps_str (
      harness, "audio/x-raw,format=" GST_AUDIO_NE (F32) ",rate=8000,channels=2");
  for (int n = 0; n < 4; n++) {
    g_autoptr (GstBuffer) made = NULL;
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 32, NULL);

    gst_buffer_memset (buffer, 0, 0, 32);
    GST_BUFFER_PTS (buffer) = (guint64)n * GST_SECOND / 25;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    made = gst_harness_pull (harness);
    g_assert_cmpuint (gst_buffer_get_size (made), ==, n < 2 ? 16 * 8 : 32 * 8);
    if (n != 1)
      continue;
    save_text (other, path);
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (message);
    gst_message_unref (message);
  }
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Sound [1, 1, length] to `made`, doubled. */
static void
save_analyser (const char *path, gint64 length, const gint64 *made, int rank)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("analyser");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, WINDOW));
  GenTensor *y = gen_binary (graph, "Add", x, x, &error);

  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, made, rank), &error);
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  x->shape.dims[2] = length;
  save_model (graph, y, path);
}

/* Sample `i` of the sound, of which 2600 are pushed, in buffers of 100. */
static float
sample (int i)
{
  return i < 0 || i >= 2600 ? 0 : (float)(i % 100) / 200;
}

static void
push_samples (GstHarness *harness)
{
  for (int at = 0; at < 2600; at += 100) {
    float samples[100];
    GstBuffer *buffer;

    for (int i = 0; i < 100; i++)
      samples[i] = sample (at + i);
    buffer = wrap (samples, 100);
    GST_BUFFER_PTS (buffer) = GST_SECOND + gst_util_uint64_scale ((guint64)at, GST_SECOND, RATE);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
}

#define SOUND_CAPS                                                                                 \
  "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=8000,channels=1"

/* A tensor of each window, of what lies around it too where the context says so. */
static void
test_tensors (void)
{
  const gint64 fixed[] = { 1, 2, WINDOW / 2 }, free_length[] = { 1, -1 };
  const struct {
    const char *properties, *dimensions;
    gint64 length;
    int window, context;
  } cases[] = {
    { "", "512:2:1:1", WINDOW, WINDOW, 0 },
    { "context=12", "512:2:1:1", WINDOW, WINDOW - 24, 12 },
    { "chunk-size=500", "500:1:1:1", -1, 500, 0 },
    { "chunk-size=480 context=10", "500:1:1:1", -1, 480, 10 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const int hop = cases[i].window, context = cases[i].context, n = (2600 + hop - 1) / hop;
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "analyser.onnx", NULL);
    GstHarness *harness;

    save_analyser (path, cases[i].length, cases[i].length > 0 ? fixed : free_length,
        cases[i].length > 0 ? 3 : 2);
    harness = open_harness (path, cases[i].properties, SOUND_CAPS);
    push_samples (harness);
    for (int k = 0; k < n; k++) {
      g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
      g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
      const GstStructure *said = gst_caps_get_structure (caps, 0);
      int numerator, denominator;

      g_assert_nonnull (buffer);
      g_assert_cmpstr (gst_structure_get_string (said, "dimensions"), ==, cases[i].dimensions);
      g_assert_true (gst_structure_get_fraction (said, "framerate", &numerator, &denominator));
      g_assert_cmpint (numerator * hop, ==, denominator * RATE);
      g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==,
          GST_SECOND + gst_util_uint64_scale ((guint64)(k * hop), GST_SECOND, RATE));
      g_assert_cmpuint (
          gst_buffer_get_size (buffer), ==, (gsize)(hop + 2 * context) * sizeof (float));
      for (int t = 0; t < hop + 2 * context; t++) {
        float made;

        gst_buffer_extract (buffer, (gsize)t * sizeof made, &made, sizeof made);
        g_assert_cmpfloat (made, ==, 2 * sample (k * hop + t - context));
      }
    }
    g_assert_null (gst_harness_try_pull (harness));
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

static void
test_pictures_of_sound (void)
{
  const gint64 made[] = { 1, 1, 32, 32 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "analyser.onnx", NULL);
  GstHarness *harness;

  save_analyser (path, WINDOW, made, 4);
  harness = open_harness (path, "", SOUND_CAPS);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=GRAY8");
  push_samples (harness);
  for (int k = 0; k < 3; k++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
    GstVideoFrame frame;
    GstVideoInfo info;

    g_assert_nonnull (buffer);
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_assert_cmpint (info.fps_n * WINDOW, ==, info.fps_d * RATE);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==,
        GST_SECOND + gst_util_uint64_scale ((guint64)(k * WINDOW), GST_SECOND, RATE));
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    for (int i = 0; i < WINDOW; i++) {
      const guint8 *row =
          (guint8 *)frame.data[0] + i / 32 * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

      g_assert_cmpfloat_with_epsilon (row[i % 32], 2 * sample (k * WINDOW + i) * 255, 0.51);
    }
    gst_video_frame_unmap (&frame);
  }
  g_assert_null (gst_harness_try_pull (harness));
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* What cannot be played is refused with what helps. */
static void
test_refused (void)
{
  const gint64 free_length[] = { 1, -1 }, few[] = { 1, 2, WINDOW / 2 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *plain =
      g_strdup_printf ("audiotestsrc num-buffers=2 ! generator model=%s ! fakesink", path);
  g_autofree char *wide =
      g_strdup_printf ("audiotestsrc ! generator model=%s context=512 ! fakesink", path);
  const struct {
    const char *launch, *says;
  } cases[] = {
    { plain, "chunk-size" },
    { wide, "context" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *words = NULL;
    gboolean failed;

    if (i == 0)
      save_analyser (path, -1, free_length, 2);
    else
      save_analyser (path, WINDOW, few, 3);
    words = play_for_words (cases[i].launch, &failed);
    g_assert_true (failed);
    assert_says (words, cases[i].says);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-ends/vectors", test_vectors);
  g_test_add_func ("/sound-ends/fixed-vectors", test_fixed_vectors);
  g_test_add_func ("/sound-ends/vector-caps", test_vector_caps);
  g_test_add_func ("/sound-ends/pictures", test_pictures);
  g_test_add_func ("/sound-ends/longer-sounds", test_longer_sounds);
  g_test_add_func ("/sound-ends/tensors", test_tensors);
  g_test_add_func ("/sound-ends/pictures-of-sound", test_pictures_of_sound);
  g_test_add_func ("/sound-ends/refused", test_refused);
  return g_test_run ();
}
