/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound that generator makes of latents: which samples, and where they lie in time. */
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { LATENT = 2, CHANNELS = 2, LENGTH = 1200, RATE = 8000 };

/* The sample that latent z makes at time t of a channel. */
static float
sample (const float *z, int channel, int t)
{
  return z[0] * ((float)(t % 50) / 64) + z[1] * (channel == 0 ? 0.25f : -0.125f);
}

/* z [batch, 2] to [batch, 2, 1200] by one product, of which the above is what each row says. */
static void
save_sounds (const char *path, gint64 batch, const char *rate)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sounds");
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { -1, CHANNELS, LENGTH };
  float weights[LATENT][CHANNELS][LENGTH];
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LATENT));
  GenTensor *w, *product, *y;

  for (int k = 0; k < LATENT; k++)
    for (int c = 0; c < CHANNELS; c++)
      for (int t = 0; t < LENGTH; t++)
        weights[k][c][t] = sample (k == 0 ? (float[]){ 1, 0 } : (float[]){ 0, 1 }, c, t);
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LATENT, CHANNELS * LENGTH),
      g_bytes_new (weights, sizeof weights));
  product = gen_binary (graph, "MatMul", z, w, &error);
  y = gen_binary (graph, "Reshape", product, gen_graph_ints (graph, dims, 3), &error);
  g_assert_no_error (error);
  if (rate != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (rate));
  z->shape.dims[0] = product->shape.dims[0] = y->shape.dims[0] = batch;
  save_model (graph, y, path);
}

static GstHarness *
open_harness (const char *path, const char *properties, int latents, const char *format)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  g_autofree char *sink = g_strdup_printf ("audio/x-raw,format=%s", format);
  g_autofree char *caps =
      g_strdup_printf ("other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
                       "dimensions=(string)%d:%d:1:1,framerate=(fraction)25/1",
          LATENT, latents);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_sink_caps_str (harness, sink);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static void
latent_of (guint number, float z[LATENT])
{
  z[0] = (float)(number % 7) / 8;
  z[1] = (float)(number % 5) / 2;
}

/* Buffer `number` of `latents` latents, at the time that its own rate says. */
static void
push (GstHarness *harness, guint number, int latents)
{
  float *values = g_new (float, latents *LATENT);
  GstBuffer *buffer = gst_buffer_new_wrapped (values, (gsize)latents * LATENT * sizeof (float));

  for (int i = 0; i < latents; i++)
    latent_of (number * (guint)latents + (guint)i, values + i * LATENT);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (number, GST_SECOND, 25);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* Take a buffer, whose first frame is number `first` of the stream, and which begins with latent
 * `latent`. */
static void
pull (GstHarness *harness, guint64 first, guint latent, int latents, gboolean int16)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  const guint64 frames = (guint64)latents * LENGTH;
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first);
  g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, first + frames);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (first, GST_SECOND, RATE));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
      gst_util_uint64_scale (first + frames, GST_SECOND, RATE));
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_assert_cmpuint (map.size, ==, frames * CHANNELS * (int16 ? 2 : 4));
  for (guint64 i = 0; i < frames * CHANNELS; i++) {
    const int channel = (int)(i % CHANNELS), t = (int)(i / CHANNELS % LENGTH);
    float z[LATENT], wanted;

    latent_of (latent + (guint)(i / CHANNELS / LENGTH), z);
    wanted = sample (z, channel, t);
    if (int16)
      g_assert_cmpint (
          ((gint16 *)map.data)[i], ==, (int)rintf (fminf (fmaxf (wanted * 32768, -32768), 32767)));
    else
      g_assert_cmpfloat_with_epsilon (((float *)map.data)[i], wanted, 1e-6);
  }
  gst_buffer_unmap (buffer, &map);
}

static void
test_samples (void)
{
  const struct {
    gint64 batch;
    int batch_size, latents;
    gboolean int16;
  } cases[] = {
    { -1, 1, 1, FALSE },
    { -1, 1, 3, TRUE },
    { -1, 4, 1, TRUE },
    { -1, 2, 3, FALSE },
    { 1, 1, 1, TRUE },
    { 1, 2, 3, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "sounds.onnx", NULL);
    g_autofree char *properties = g_strdup_printf ("batch-size=%d", cases[i].batch_size);
    const int latents = cases[i].latents;
    GstHarness *harness;

    save_sounds (path, cases[i].batch, "8000");
    harness = open_harness (
        path, properties, latents, cases[i].int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32));
    for (guint n = 0; n < 6; n++)
      push (harness, n, latents);
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (guint n = 0; n < 6; n++)
      pull (harness, (guint64)n * (guint64)latents * LENGTH, n * (guint)latents, latents,
          cases[i].int16);
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

/* Whoever comes next proposes a pool of `max` buffers of one sound, or any number. */
static GstPadProbeReturn
propose (GstPad *pad, GstPadProbeInfo *info, gpointer pool)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  const guint max = GPOINTER_TO_UINT (g_object_get_data (pool, "max"));

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_pool (query, pool, 64, 0, max);
  return GST_PAD_PROBE_HANDLED;
}

/* Sounds lie in the next element's buffers, unless a run takes more of them than it has. */
static void
test_pool (void)
{
  static const struct {
    int batch_size;
    guint max;
    gboolean taken;
  } cases[] = { { 1, 0, TRUE }, { 2, 0, TRUE }, { 2, 3, TRUE }, { 2, 2, FALSE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "sounds.onnx", NULL);
    g_autofree char *launch = NULL;
    g_autoptr (GstBufferPool) pool = gst_buffer_pool_new ();
    g_autoptr (GstBuffer) buffer = NULL;
    GstHarness *harness;

    save_sounds (path, -1, "8000");
    launch = g_strdup_printf ("generator model=%s batch-size=%d", path, cases[i].batch_size);
    harness = gst_harness_new_parse (launch);
    g_object_set_data (G_OBJECT (pool), "max", GUINT_TO_POINTER (cases[i].max));
    gst_pad_add_probe (harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, propose, pool, NULL);
    gst_harness_set_src_caps_str (harness,
        "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
        "dimensions=(string)2:1:1:1,framerate=(fraction)25/1");
    for (guint n = 0; n < 2; n++)
      push (harness, n, 1);
    buffer = gst_harness_pull (harness);
    g_assert_cmpuint (gst_buffer_get_size (buffer), ==, LENGTH * CHANNELS * sizeof (float));
    g_assert_true ((buffer->pool == pool) == cases[i].taken);
    g_clear_pointer (&buffer, gst_buffer_unref);
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

/* Sample `i` of a channel of sounds that fade into each other over `shared` frames, the first being
 * that of latent `first`, the last that of latent `last`. */
static float
faded (int i, int channel, int shared, guint first, guint last)
{
  const int step = LENGTH - shared;
  const guint number = (guint)MIN (i / step, (int)(last - first));
  const int t = i - (int)number * step;
  const double angle = (t + 0.5) / shared * G_PI_2;
  float z[LATENT], before[LATENT];

  latent_of (first + number, z);
  if (t >= shared || number == 0)
    return sample (z, channel, t);
  latent_of (first + number - 1, before);
  return (float)(sin (angle) * sample (z, channel, t) +
                 cos (angle) * sample (before, channel, step + t));
}

/* Take all that has come: sounds of the latents from `first` to `last`, which begin with frame
 * `at` of the stream, without a gap. */
static void
pull_faded (GstHarness *harness, guint64 at, int shared, guint first, guint last, gboolean int16)
{
  const int frames = (int)(last + 1 - first) * (LENGTH - shared) + shared;
  GstBuffer *buffer;
  int come = 0;

  while (come < frames && (buffer = gst_harness_try_pull (harness)) != NULL) {
    GstMapInfo map;
    int n;

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, at + (guint64)come);
    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (at + (guint64)come, GST_SECOND, RATE));
    g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) == (come == 0));
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    n = (int)map.size / CHANNELS / (int16 ? 2 : 4);
    g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, at + (guint64)(come + n));
    for (int i = 0; i < n * CHANNELS; i++) {
      const float wanted = faded (come + i / CHANNELS, i % CHANNELS, shared, first, last);

      if (int16)
        g_assert_cmpfloat_with_epsilon (
            ((gint16 *)map.data)[i], fminf (fmaxf (wanted * 32768, -32768), 32767), 1.3);
      else
        g_assert_cmpfloat_with_epsilon (((float *)map.data)[i], wanted, 2e-6);
    }
    come += n;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (come, ==, frames);
}

static void
test_crossfade (void)
{
  const struct {
    gint64 batch;
    int batch_size, latents, shared;
    gboolean int16;
  } cases[] = {
    { -1, 1, 1, 400, FALSE },
    { -1, 1, 3, 1, TRUE },
    { -1, 4, 1, 600, FALSE },
    { -1, 2, 3, 7, FALSE },
    { 1, 1, 1, 160, FALSE },
    { 1, 2, 3, 240, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "sounds.onnx", NULL);
    const int latents = cases[i].latents, shared = cases[i].shared;
    g_autofree char *properties = g_strdup_printf ("batch-size=%d crossfade=%" G_GUINT64_FORMAT,
        cases[i].batch_size, gst_util_uint64_scale ((guint64)shared, GST_SECOND, RATE));
    GstHarness *harness;
    GstSegment segment;

    save_sounds (path, cases[i].batch, "8000");
    harness = open_harness (
        path, properties, latents, cases[i].int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32));
    for (guint n = 0; n < 5; n++)
      push (harness, n, latents);
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_faded (harness, 0, shared, 0, (guint)latents * 5 - 1, cases[i].int16);
    g_assert_null (gst_harness_try_pull (harness));
    /* A flush leaves nothing over, and what comes behind it begins anew. */
    gst_harness_push_event (harness, gst_event_new_flush_start ());
    gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (harness, gst_event_new_segment (&segment));
    push (harness, 50, latents);
    push (harness, 51, latents);
    gst_harness_push_event (harness, gst_event_new_flush_start ());
    gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
    while (gst_harness_buffers_in_queue (harness) > 0)
      gst_buffer_unref (gst_harness_pull (harness));
    gst_harness_push_event (harness, gst_event_new_segment (&segment));
    push (harness, 75, latents);
    push (harness, 76, latents);
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_faded (
        harness, 3 * RATE, shared, 75 * (guint)latents, 77 * (guint)latents - 1, cases[i].int16);
    g_assert_null (gst_harness_try_pull (harness));
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

/* A jump that no flush announces ends one sound and begins another. */
static void
test_crossfade_jumps (void)
{
  for (int batch_size = 1; batch_size <= 3; batch_size++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "sounds.onnx", NULL);
    g_autofree char *properties = g_strdup_printf ("batch-size=%d crossfade=50000000", batch_size);
    GstHarness *harness;

    save_sounds (path, -1, "8000");
    harness = open_harness (path, properties, 1, GST_AUDIO_NE (F32));
    for (guint n = 0; n < 8; n++) {
      float *values = g_new (float, LATENT);
      GstBuffer *buffer = gst_buffer_new_wrapped (values, LATENT * sizeof (float));

      latent_of (n, values);
      GST_BUFFER_PTS (buffer) = (n < 4 ? n : n + 46) * GST_SECOND / 25;
      if (n == 4)
        GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
      g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_faded (harness, 0, 400, 0, 3, FALSE);
    pull_faded (harness, 2 * RATE, 400, 4, 7, FALSE);
    g_assert_null (gst_harness_try_pull (harness));
    gst_harness_teardown (harness);
    scratch_remove (folder);
  }
}

/* More than half of a sound cannot be shared: the third one would begin in the first. */
static void
test_crossfade_too_long (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "sounds.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "latentsrc num-buffers=3 ! generator model=%s crossfade=80000000 ! fakesink", path);
  g_autofree char *words = NULL;
  gboolean failed;

  save_sounds (path, -1, "8000");
  words = play_for_words (launch, &failed);
  g_assert_true (failed);
  assert_says (words, "crossfade");
  scratch_remove (folder);
}

/* Where latents jump, so does the sound; else it goes on, though latents come at another rate. */
static void
test_jump (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "jump.onnx", NULL);
  GstHarness *harness;
  GstSegment segment;

  save_sounds (path, -1, NULL);
  harness = open_harness (path, "sample-rate=8000", 1, GST_AUDIO_NE (F32));
  push (harness, 0, 1);
  push (harness, 1, 1);
  pull (harness, 0, 0, 1, FALSE);
  pull (harness, LENGTH, 1, 1, FALSE);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  /* Latent 50 is that of second 2. */
  push (harness, 50, 1);
  pull (harness, 2 * RATE, 50, 1, FALSE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A rate that nobody says is assumed, and told of. */
static void
test_assumed_rate (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "assumed.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GError) error = NULL;
  GstMessage *message;
  GstHarness *harness;
  int rate = 0;

  save_sounds (path, -1, NULL);
  harness = gst_harness_new_parse (launch);
  /* What is said at the start is said again. */
  gst_element_set_state (harness->element, GST_STATE_NULL);
  gst_element_set_bus (harness->element, bus);
  gst_harness_play (harness);
  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)2:1:1:1,framerate=(fraction)25/1");
  push (harness, 0, 1);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  g_assert_true (gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate));
  g_assert_cmpint (rate, ==, 16000);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "sample-rate"));
  gst_message_unref (message);
  /* Its messages hold the element. */
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound/samples", test_samples);
  g_test_add_func ("/sound/pool", test_pool);
  g_test_add_func ("/sound/crossfade", test_crossfade);
  g_test_add_func ("/sound/crossfade-jumps", test_crossfade_jumps);
  g_test_add_func ("/sound/crossfade-too-long", test_crossfade_too_long);
  g_test_add_func ("/sound/jump", test_jump);
  g_test_add_func ("/sound/assumed-rate", test_assumed_rate);
  return g_test_run ();
}
