/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generators that share runs: each makes what it would make alone, in one pipeline or several,
 * while others are flushed, stopped, or play another model from some frame on. */
#include <gst/check/gstharness.h>

#include <generative/random.h>
#include <math.h>

#include "models.h"

enum { LENGTH = 16, WIDTH = 256, SIDE = 12, PIXELS = SIDE * SIDE, BRANCHES = 4, FRAMES = 25 };

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* --- models --- */

static GenTensor *
multiply (GenGraph *graph, GenTensor *x, gint64 from, gint64 to, guint64 seed)
{
  const GenRandom random = gen_random_new (seed, "weights", (guint64)(from * to));
  const gsize n = (gsize)(from * to);
  float *numbers = g_new (float, n);
  GenTensor *w;

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] /= sqrtf ((float)from);
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (from, to),
      g_bytes_new_take (numbers, n * sizeof (float)));
  return gen_binary (graph, "MatMul", x, w, NULL);
}

/* Grey pictures of latents, sigmoid (z U V) * strength. */
static void
save_net (const char *name, guint64 seed, gint64 batch)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  GenTensor *strength = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *y = multiply (graph, multiply (graph, z, LENGTH, WIDTH, seed), WIDTH, PIXELS, seed);

  y = gen_binary (graph, "Mul", gen_unary (graph, "Sigmoid", y, &error), strength, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  z->shape.dims[0] = y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.parameters"), g_strdup ("strength=1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Grey pictures sigmoid (h'), of what is remembered: h' = h / 2 + z U. */
static void
save_remembering (const char *name)
{
  const float half = 0.5f;
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, PIXELS));
  GenTensor *factor = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&half, sizeof half));
  GenTensor *next = gen_binary (graph, "Add", gen_binary (graph, "Mul", h, factor, &error),
      multiply (graph, z, LENGTH, PIXELS, 1), &error);
  GenTensor *y = gen_unary (graph, "Sigmoid", next, &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, next);
  z->shape.dims[0] = h->shape.dims[0] = y->shape.dims[0] = next->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("h=%s", next->name));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* --- pipelines that count --- */

typedef struct {
  GstElement *pipeline;
  GMutex lock;
  GCond come;
  guint frames[BRANCHES];
  guint8 (*pictures)[FRAMES][PIXELS]; /* of each branch, or NULL */
} Stream;

typedef struct {
  Stream *stream;
  guint branch;
} Branch;

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  const Branch *of = data;
  Stream *stream = of->stream;

  g_mutex_lock (&stream->lock);
  if (stream->pictures != NULL)
    gst_buffer_extract (
        buffer, 0, stream->pictures[of->branch][stream->frames[of->branch]], PIXELS);
  stream->frames[of->branch]++;
  g_cond_broadcast (&stream->come);
  g_mutex_unlock (&stream->lock);
}

/* `n` branches, each of latents of its own. */
static void
stream_open (Stream *stream, guint n, guint first_seed, int frames, const char *settings)
{
  g_autoptr (GString) launch = g_string_new (NULL);
  g_autofree char *path = path_of ("net.onnx");
  g_autoptr (GError) error = NULL;

  g_mutex_init (&stream->lock);
  g_cond_init (&stream->come);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (launch,
        "latentsrc seed=%u num-buffers=%d ! generator name=g%u model=%s kernels=rules threads=1 %s "
        "! fakesink name=s%u signal-handoffs=true sync=false ",
        first_seed + i, frames, i, path, settings, i);
  stream->pipeline = gst_parse_launch (launch->str, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("s%u", i);
    g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (stream->pipeline), name);
    Branch *branch = g_new (Branch, 1);

    *branch = (Branch){ stream, i };
    g_signal_connect_data (
        sink, "handoff", G_CALLBACK (on_handoff), branch, (GClosureNotify)(void *)g_free, 0);
  }
  gst_element_set_state (stream->pipeline, GST_STATE_PLAYING);
}

/* Until branch `i` has made `frames` more. */
static void
stream_wait (Stream *stream, guint i, guint frames)
{
  g_mutex_lock (&stream->lock);
  for (const guint until = stream->frames[i] + frames; stream->frames[i] < until;)
    g_cond_wait (&stream->come, &stream->lock);
  g_mutex_unlock (&stream->lock);
}

static void
stream_finish (Stream *stream)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (stream->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
}

static void
stream_close (Stream *stream)
{
  gst_element_set_state (stream->pipeline, GST_STATE_NULL);
  gst_object_unref (stream->pipeline);
  g_mutex_clear (&stream->lock);
  g_cond_clear (&stream->come);
}

/* How many places runs had beyond their frames, before it is closed; G_MAXUINT64: it plays alone.
 */
static guint64
count_padding (Stream *stream)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (stream->pipeline), "g0");
  g_autoptr (GstStructure) figures = NULL;
  guint64 padding = G_MAXUINT64;

  g_object_get (element, "shared-figures", &figures, NULL);
  if (figures != NULL)
    gst_structure_get_uint64 (figures, "padding", &padding);
  return padding;
}

static void
play (guint n, guint first_seed, const char *settings, guint8 (*pictures)[FRAMES][PIXELS])
{
  Stream stream = { .pictures = pictures };

  stream_open (&stream, n, first_seed, FRAMES, settings);
  stream_finish (&stream);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (stream.frames[i], ==, FRAMES);
  stream_close (&stream);
}

/* --- what is made --- */

static void
assert_same (guint8 (*a)[FRAMES][PIXELS], guint8 (*b)[FRAMES][PIXELS], guint n, int most)
{
  const guint8 *first = &a[0][0][0], *second = &b[0][0][0];

  for (gsize i = 0; i < (gsize)n * FRAMES * PIXELS; i++)
    g_assert_cmpint (ABS (first[i] - second[i]), <=, most);
}

static void
test_branches (void)
{
  guint8 (*alone)[FRAMES][PIXELS] = g_malloc0 (BRANCHES * sizeof *alone);
  guint8 (*shared)[FRAMES][PIXELS] = g_malloc0 (BRANCHES * sizeof *shared);

  play (BRANCHES, 1, "", alone);
  play (BRANCHES, 1, "shared=true", shared);
  assert_same (alone, shared, BRANCHES, 1);
  play (BRANCHES, 1, "shared=true shared-wait=0 shared-size=2", shared);
  assert_same (alone, shared, BRANCHES, 1);
  g_free (alone);
  g_free (shared);
}

/* Each remembers its own frames. */
static void
test_states (void)
{
  g_autofree char *path = path_of ("remembering.onnx");
  g_autofree char *settings = g_strdup_printf ("model=%s", path);
  g_autofree char *exact = g_strconcat (settings, " shared=true shared-exact=true", NULL);
  Stream stream = { 0 };
  guint8 (*alone)[FRAMES][PIXELS] = g_malloc0 (BRANCHES * sizeof *alone);
  guint8 (*shared)[FRAMES][PIXELS] = g_malloc0 (BRANCHES * sizeof *shared);

  play (BRANCHES, 1, settings, alone);
  play (BRANCHES, 1, exact, shared);
  assert_same (alone, shared, BRANCHES, 1);
  /* By the plan of several. */
  stream_open (&stream, 1, 1, FRAMES, exact);
  stream_finish (&stream);
  g_assert_cmpuint (count_padding (&stream), ==, (guint64)FRAMES * 7);
  stream_close (&stream);
  g_free (alone);
  g_free (shared);
}

/* To the bit, whoever else plays. */
static void
test_exact (void)
{
  guint8 (*alone)[FRAMES][PIXELS] = g_malloc0 (sizeof *alone);
  guint8 (*shared)[FRAMES][PIXELS] = g_malloc0 (BRANCHES * sizeof *shared);

  play (1, 1, "shared=true shared-exact=true", alone);
  play (BRANCHES, 1, "shared=true shared-exact=true", shared);
  assert_same (alone, shared, 1, 0);
  g_free (alone);
  g_free (shared);
}

/* What takes one latent at a time, or gathers frames itself, plays by itself. */
static void
test_alone (void)
{
  g_autofree char *path = path_of ("net.onnx");
  guint8 (*alone)[FRAMES][PIXELS] = g_malloc0 (2 * sizeof *alone);
  guint8 (*shared)[FRAMES][PIXELS] = g_malloc0 (2 * sizeof *shared);

  play (2, 1, "", alone);
  play (2, 1, "shared=true batch-size=5", shared);
  assert_same (alone, shared, 2, 1);
  save_net ("net.onnx", 1, 1);
  play (2, 1, "shared=true", shared);
  assert_same (alone, shared, 2, 1);
  save_net ("net.onnx", 1, -1);
  g_free (alone);
  g_free (shared);
}

/* One that stops, in the middle of whatever, holds nobody up. */
static void
test_stop (void)
{
  Stream first = { 0 }, second = { 0 };

  stream_open (&first, 2, 1, -1, "shared=true shared-wait=1000000000");
  for (guint i = 0; i < 5; i++) {
    second = (Stream){ 0 };
    stream_open (&second, 2, 7, -1, "shared=true shared-wait=1000000000");
    stream_wait (&second, 0, 5);
    stream_wait (&second, 1, 5);
    stream_close (&second);
    stream_wait (&first, 0, 5);
    stream_wait (&first, 1, 5);
  }
  stream_close (&first);
}

/* A flush that comes while frames wait for others. */
static void
test_flush (void)
{
  Stream stream = { 0 };

  stream_open (&stream, 3, 1, -1, "shared=true shared-wait=1000000000");
  for (guint i = 0; i < 10; i++) {
    g_autofree char *name = g_strdup_printf ("s%u", i % 3);
    g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (stream.pipeline), name);

    stream_wait (&stream, i % 3, 3);
    g_assert_true (
        gst_element_seek_simple (sink, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, i * GST_SECOND));
    stream_wait (&stream, (i + 1) % 3, 3);
  }
  stream_close (&stream);
}

/* --- one by one --- */

static GstHarness *
open_harness (const char *settings, GstBus **bus)
{
  g_autofree char *path = path_of ("net.onnx");
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s kernels=rules threads=1 %s", path, settings);
  GstHarness *harness = gst_harness_new_parse (launch);

  *bus = gst_bus_new ();
  gst_element_set_bus (harness->element, *bus);
  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)16,framerate=(fraction)30/1");
  return harness;
}

static void
close_harness (GstHarness *harness, GstBus *bus)
{
  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
}

static void
make (GstHarness *harness, guint frame, guint8 *picture)
{
  g_autoptr (GstBuffer) made = NULL;
  float *latent = g_new (float, LENGTH);
  const GenRandom random = gen_random_new (3, "latent", 0);
  GstBuffer *buffer;

  gen_random_normal (&random, frame, 0, latent, LENGTH);
  buffer = gst_buffer_new_wrapped (latent, LENGTH * sizeof *latent);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  made = gst_harness_push_and_pull (harness, buffer);
  g_assert_cmpuint (gst_buffer_extract (made, 0, picture, PIXELS), ==, PIXELS);
}

static void
assert_differ (const guint8 *a, const guint8 *b, gboolean differ)
{
  int most = 0;

  for (guint i = 0; i < PIXELS; i++)
    most = MAX (most, ABS (a[i] - b[i]));
  if (differ)
    g_assert_cmpint (most, >, 10);
  else
    g_assert_cmpint (most, <=, 1);
}

/* Another model, and other parameters, are one element's own. */
static void
test_changes (void)
{
  GstBus *bus, *other_bus;
  GstHarness *harness = open_harness ("shared=true", &bus);
  GstHarness *other = open_harness ("shared=true", &other_bus);
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "generator");
  g_autofree char *path = path_of ("second.onnx");
  guint8 made[PIXELS], others[PIXELS], before[PIXELS];
  g_autoptr (GstMessage) message = NULL;

  make (harness, 0, before);
  make (other, 0, others);
  assert_differ (before, others, FALSE);
  g_object_set (element, "parameters", "strength=0.5", NULL);
  make (harness, 0, made);
  make (other, 0, others);
  assert_differ (before, others, FALSE);
  assert_differ (before, made, TRUE);
  g_object_set (element, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (gst_message_get_structure (message));
  make (harness, 0, made);
  make (other, 0, others);
  assert_differ (before, others, FALSE);
  assert_differ (before, made, TRUE);
  close_harness (harness, bus);
  make (other, 0, others);
  assert_differ (before, others, FALSE);
  close_harness (other, other_bus);
}

static GstClockTime
latency_of (const char *settings)
{
  GstBus *bus;
  GstHarness *harness = open_harness (settings, &bus);
  GstClockTime latency;
  guint8 made[PIXELS];

  make (harness, 0, made);
  latency = gst_harness_query_latency (harness);
  close_harness (harness, bus);
  return latency;
}

/* That others are waited for is part of the latency. */
static void
test_latency (void)
{
  const GstClockTime wait = 700 * GST_MSECOND;

  g_assert_cmpuint (latency_of ("shared=true shared-wait=700000000"), >=, wait);
  g_assert_cmpuint (latency_of ("shared=true shared-wait=0"), <, wait);
  g_assert_cmpuint (latency_of ("shared-wait=700000000"), <, wait);
}

/* How many frames were late so far. */
static guint64
count_late (GstHarness *harness)
{
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "generator");
  g_autoptr (GstStructure) figures = NULL;
  guint64 late;

  g_object_get (element, "shared-figures", &figures, NULL);
  g_assert_nonnull (figures);
  g_assert_true (gst_structure_get_uint64 (figures, "late", &late));
  return late;
}

/* A frame is wanted at its running time and the latency of the pipeline, once that is told. */
static void
test_deadline (void)
{
  GstBus *bus;
  GstHarness *harness = open_harness ("shared=true", &bus);
  guint8 made[PIXELS];

  gst_harness_use_testclock (harness);
  gst_harness_set_time (harness, 10 * GST_SECOND);
  make (harness, 0, made);
  g_assert_cmpuint (count_late (harness), ==, 0);
  gst_harness_query_latency (harness);
  gst_harness_push_upstream_event (harness, gst_event_new_latency (5 * GST_SECOND));
  make (harness, 1, made);
  g_assert_cmpuint (count_late (harness), ==, 1);
  make (harness, 30 * 20, made);
  g_assert_cmpuint (count_late (harness), ==, 1);
  gst_harness_push_upstream_event (harness, gst_event_new_latency (1000 * GST_SECOND));
  make (harness, 2, made);
  g_assert_cmpuint (count_late (harness), ==, 1);
  close_harness (harness, bus);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_net ("net.onnx", 1, -1);
  save_net ("second.onnx", 2, -1);
  save_remembering ("remembering.onnx");
  g_test_add_func ("/shared/branches", test_branches);
  g_test_add_func ("/shared/states", test_states);
  g_test_add_func ("/shared/exact", test_exact);
  g_test_add_func ("/shared/alone", test_alone);
  g_test_add_func ("/shared/stop", test_stop);
  g_test_add_func ("/shared/flush", test_flush);
  g_test_add_func ("/shared/changes", test_changes);
  g_test_add_func ("/shared/latency", test_latency);
  g_test_add_func ("/shared/deadline", test_deadline);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
