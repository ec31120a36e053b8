/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound that generator plays through models of spectra: as long as it was and where it was,
 * wherever buffers are cut; each stream begins anew; and what is assumed is said. */
#include <generative/device.h>
#include <generative/model.h>
#include <generative/random.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { RATE = 16000, FRAMES = 3000, LENGTH = 512, HOP = 256 };

/* y = x, or x and what came in the run before, halved with each: [1, 257, 1, 2]. */
static void
save_spectral (const char *path, gboolean remembers)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("spectral");
  g_autoptr (GError) error = NULL;
  const GenShape shape = GEN_SHAPE (1, LENGTH / 2 + 1, 1, 2);
  GenTensor *x = gen_graph_add_input (graph, "mix", GEN_TYPE_FLOAT32, &shape);
  GenTensor *y;

  if (!remembers) {
    y = gen_unary (graph, "Identity", x, &error);
  } else {
    GenTensor *before = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &shape);

    before = gen_binary (graph, "Mul", before, gen_graph_float (graph, 0.5f), &error);
    y = gen_binary (graph, "Add", x, before, &error);
    gen_graph_add_output (graph, y);
    say_range (graph, "generative.states", "h=after");
    before = gen_graph_add_value (graph, "after");
    gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &y, 1, &before, 1, &error);
    gen_graph_infer (graph, &error);
    y = before;
  }
  g_assert_no_error (error);
  save_model (graph, y, path);
}

static float *
make_noise (void)
{
  GenRandom random = gen_random_new (9, "noise", 0);
  float *noise = g_new (float, FRAMES);

  gen_random_normal (&random, 0, 0, noise, FRAMES);
  for (int i = 0; i < FRAMES; i++)
    noise[i] = fmaxf (fminf (noise[i] / 4, 0.99f), -0.99f);
  return noise;
}

/* What the model of memory makes, by its definition: frames under the windows, each with half of
 * what was made before. */
static float *
make_wanted (const float *noise, int n)
{
  const int lead = LENGTH - HOP, size = lead + n + LENGTH;
  g_autofree double *padded = g_new0 (double, size), *sum = g_new0 (double, size);
  double frame[LENGTH] = { 0 };
  float *wanted = g_new (float, n);

  for (int i = 0; i < n; i++)
    padded[lead + i] = noise[i];
  /* The transform is linear, so that frames remember as spectra do. */
  for (int at = 0; at + LENGTH <= size; at += HOP)
    for (int i = 0; i < LENGTH; i++) {
      const double window = sin (G_PI * i / LENGTH);

      frame[i] = frame[i] / 2 + padded[at + i] * window;
      sum[at + i] += frame[i] * window;
    }
  for (int i = 0; i < n; i++)
    wanted[i] = (float)sum[lead + i];
  return wanted;
}

static GstHarness *
open_harness (const char *path, const char *properties, gboolean int16)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s precision=fp32 kernels=rules %s", path, properties);
  g_autofree char *caps =
      g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=1",
          int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), RATE);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_sink_caps_str (harness, caps);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static void
push (GstHarness *harness, const float *noise, int first, int n, gboolean int16, gboolean discont)
{
  const int size = int16 ? 2 : 4;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize)(n * size), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (int i = 0; i < n; i++)
    if (int16)
      ((gint16 *)map.data)[i] = (gint16)rintf (noise[first + i] * 32768);
    else
      ((float *)map.data)[i] = noise[first + i];
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)first, GST_SECOND, RATE);
  if (discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* The next `n` frames, which are `wanted` and lie at frame `first`, where a stream begins. */
static void
pull (GstHarness *harness, int first, int n, const float *wanted, gboolean int16)
{
  for (int come = 0; come < n;) {
    GstBuffer *buffer = gst_harness_try_pull (harness);
    GstMapInfo map;
    int frames;

    g_assert_nonnull (buffer);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    frames = (int)map.size / (int16 ? 2 : 4);
    g_assert_cmpint (frames, >, 0);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint64)(first + come));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==,
        gst_util_uint64_scale ((guint64)(first + come), GST_SECOND, RATE));
    g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) == (come == 0));
    g_assert_cmpint (come + frames, <=, n);
    for (int i = 0; i < frames; i++) {
      const double made = int16 ? ((gint16 *)map.data)[i] / 32768.0 : ((float *)map.data)[i];

      g_assert_cmpfloat_with_epsilon (made,
          int16 ? fmax (fmin (wanted[come + i], 32767.0 / 32768), -1) : wanted[come + i],
          int16 ? 1e-4 : 1e-5);
    }
    come += frames;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

/* Wherever the sound is cut, and however long it is. */
static void
test_cuts (void)
{
  static const struct {
    int frames, least, most;
    gboolean int16;
  } cases[] = {
    { FRAMES, HOP, HOP, FALSE },
    { FRAMES, 1, 700, FALSE },
    { FRAMES, 1, 700, TRUE },
    { FRAMES, 7, 7, FALSE },
    { FRAMES, FRAMES, FRAMES, FALSE },
    { HOP, 100, 100, FALSE },
    { HOP + 1, 100, 100, FALSE },
    { 1, 1, 1, FALSE },
    { 2 * HOP, 1, 300, FALSE },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree float *noise = make_noise ();

  save_spectral (path, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree float *wanted = make_wanted (noise, cases[i].frames);
    GstHarness *harness = open_harness (path, "", cases[i].int16);
    GenRandom random = gen_random_new (i, "cuts", 0);
    guint64 drawn = 0;

    for (int at = 0; at < cases[i].frames;) {
      const int drawn_n = cases[i].least + (int)gen_random_below (&random, 0, drawn++,
                                               (guint32)(cases[i].most - cases[i].least + 1));
      const int n = MIN (drawn_n, cases[i].frames - at);

      push (harness, noise, at, n, cases[i].int16, at == 0);
      at += n;
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull (harness, 0, cases[i].frames, wanted, cases[i].int16);
    g_assert_null (gst_harness_try_pull (harness));
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* The same on a device, where states stay. GEN_CUDA_MODULE says which module stands for it. */
static void
test_device (void)
{
  g_autofree char *folder = NULL, *path = NULL;
  g_autofree float *noise = make_noise (), *wanted = make_wanted (noise, FRAMES);
  g_autoptr (GError) error = NULL;
  GstHarness *harness;

  if (!gen_device_cuda.available (&error)) {
    g_test_skip (error->message);
    return;
  }
  folder = scratch_new ();
  path = g_build_filename (folder, "model.onnx", NULL);
  save_spectral (path, TRUE);
  harness = open_harness (path, "device=cuda", FALSE);
  /* Twice, so that states are seen to begin anew. */
  for (int i = 0; i < 2; i++) {
    for (int at = 0; at < FRAMES; at += 300)
      push (harness, noise, at, 300, FALSE, at == 0);
    gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
    pull (harness, 0, FRAMES, wanted, FALSE);
  }
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A jump ends one stream with all that belongs to it, and another one begins with nothing of it; a
 * flush leaves nothing over. */
static void
test_jumps (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree float *noise = make_noise (), *first = make_wanted (noise, 1000);
  g_autofree float *second = make_wanted (noise + 2000, 600);
  GstHarness *harness;
  GstSegment segment;

  save_spectral (path, TRUE);
  harness = open_harness (path, "", FALSE);
  push (harness, noise, 0, 1000, FALSE, TRUE);
  push (harness, noise, 2000, 600, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  pull (harness, 0, 1000, first, FALSE);
  pull (harness, 2000, 600, second, FALSE);
  g_assert_null (gst_harness_try_pull (harness));
  push (harness, noise, 0, 300, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  push (harness, noise, 2000, 600, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull (harness, 2000, 600, second, FALSE);
  g_assert_null (gst_harness_try_pull (harness));
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* The first sample comes when the frame that it ends has come. */
static void
test_latency (void)
{
  static const struct {
    const char *properties;
    int samples;
  } cases[] = {
    { "", LENGTH },
    { "spectrum=complex,hop=128", LENGTH },
    { "spectrum=complex,lookahead=2", LENGTH + 2 * HOP },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree float *noise = make_noise ();

  save_spectral (path, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = open_harness (path, cases[i].properties, FALSE);
    const GstClockTime held = gst_util_uint64_scale ((guint64)cases[i].samples, GST_SECOND, RATE);
    GstClockTime latency;

    push (harness, noise, 0, HOP, FALSE, TRUE);
    latency = gst_harness_query_latency (harness);
    g_assert_cmpuint (latency, >=, held);
    g_assert_cmpuint (latency, <, held + 100 * GST_MSECOND);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* What lies ahead of what comes out is left out at the beginning and made at the end. */
static void
test_lookahead (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree float *noise = make_noise (), *later = g_new0 (float, FRAMES);
  GstHarness *harness;

  save_spectral (path, FALSE);
  harness = open_harness (path, "spectrum=complex,lookahead=1", FALSE);
  push (harness, noise, 0, FRAMES, FALSE, TRUE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  /* A model that does not look ahead makes what comes next. */
  memcpy (later, noise + HOP, (FRAMES - HOP) * sizeof (float));
  pull (harness, 0, FRAMES, later, FALSE);
  g_assert_null (gst_harness_try_pull (harness));
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

static void
test_words (void)
{
  static const struct {
    const char *properties;
    gboolean fails;
    guint lines;
    const char *words[2];
  } cases[] = {
    { "", FALSE, 1, { "spectrum=\"complex,length=512,hop=256,window=sqrt-hann\"", "sample-rate" } },
    { "sample-rate=16000", FALSE, 1, { "spectrum=\"complex,length=512", "" } },
    { "spectrum=complex", FALSE, 1, { "16000 are assumed", "sample-rate" } },
    { "spectrum=complex sample-rate=16000", FALSE, 0, { "", "" } },
    { "spectrum=complex,length=400", TRUE, 1, { "length=400", "axis of 201" } },
    { "spectrum=\"\"", TRUE, 1, { "mix", "" } },
    { "chain=other.onnx", TRUE, 1, { "chain", "other.onnx" } },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  save_spectral (path, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf ("audiotestsrc num-buffers=5 ! audio/x-raw,rate=%d ! "
                                               "generator model=%s %s ! fakesink",
        RATE, path, cases[i].properties);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_test_message ("%s", words);
    g_assert_cmpint (failed, ==, cases[i].fails);
    g_assert_cmpuint (count_words (words, "\n"), ==, cases[i].lines);
    for (int k = 0; k < 2; k++)
      assert_says (words, cases[i].words[k]);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/spectra/cuts", test_cuts);
  g_test_add_func ("/spectra/device", test_device);
  g_test_add_func ("/spectra/jumps", test_jumps);
  g_test_add_func ("/spectra/latency", test_latency);
  g_test_add_func ("/spectra/lookahead", test_lookahead);
  g_test_add_func ("/spectra/words", test_words);
  return g_test_run ();
}
