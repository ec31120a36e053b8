/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Discriminators that share runs: each frame has the score that it has alone, while others come, go
 * and are flushed. */
#include <gst/check/gstharness.h>

#include <generative/random.h>
#include <math.h>

#include "models.h"

enum { SIDE = 12, PIXELS = SIDE * SIDE, WIDTH = 512, FRAMES = 40, ELEMENTS = 4 };

static char *folder;

static GenTensor *
multiply (GenGraph *graph, GenTensor *x, gint64 from, gint64 to)
{
  const GenRandom random = gen_random_new (1, "weights", (guint64)to);
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

/* tanh (x U) V of a grey picture x. */
static void
save_net (const char *name)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, SIDE, SIDE));
  GenTensor *y = gen_unary (graph, "Flatten", x, &error);

  y = gen_unary (graph, "Tanh", multiply (graph, y, PIXELS, WIDTH), &error);
  y = multiply (graph, y, WIDTH, 1);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("-1,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* --- one element --- */

static GstHarness *
open_harness (const char *settings, int columns)
{
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("discriminator model=%s kernels=rules threads=1 %s", path, settings);
  g_autofree char *caps = g_strdup_printf (
      "video/x-raw,format=GRAY8,width=%d,height=%d,framerate=30/1", SIDE * columns, SIDE);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
draw (guint who, guint frame, int columns)
{
  const GenRandom random = gen_random_new (who, "pixels", 0);
  const gsize n = (gsize)(PIXELS * columns);
  guint8 *pixels = g_malloc (n);
  GstBuffer *buffer = gst_buffer_new_wrapped (pixels, n);

  for (gsize i = 0; i < n; i++)
    pixels[i] = (guint8)gen_random_below (&random, frame, i, 256);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  return buffer;
}

static double
score (GstHarness *harness, guint who, guint frame, int columns)
{
  g_autoptr (GstBuffer) passed = gst_harness_push_and_pull (harness, draw (who, frame, columns));
  GstCustomMeta *meta = gst_buffer_get_custom_meta (passed, "generative-score");
  double value;

  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_double (gst_custom_meta_get_structure (meta), "score", &value));
  return value;
}

static guint64
figure (GstHarness *harness, const char *name)
{
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "discriminator");
  g_autoptr (GstStructure) figures = NULL;
  guint64 value;

  g_object_get (element, "shared-figures", &figures, NULL);
  g_assert_nonnull (figures);
  g_assert_true (gst_structure_get_uint64 (figures, name, &value));
  return value;
}

/* --- tests --- */

typedef struct {
  guint who;
  int columns;
  const char *settings;
} Part;

/* All frames of one, against what an element that shares nothing makes of them. */
static gpointer
play (gpointer data)
{
  const Part *part = data;
  GstHarness *shared = open_harness (part->settings, part->columns);
  GstHarness *alone = open_harness ("", part->columns);

  for (guint i = 0; i < FRAMES; i++)
    g_assert_cmpfloat_with_epsilon (score (shared, part->who, i, part->columns),
        score (alone, part->who, i, part->columns), 1e-4);
  g_assert_cmpuint (figure (shared, "frames"), >=, FRAMES);
  gst_harness_teardown (shared);
  gst_harness_teardown (alone);
  return NULL;
}

static void
play_all (const char *settings, int columns)
{
  GThread *threads[ELEMENTS];
  Part parts[ELEMENTS];

  for (guint i = 0; i < ELEMENTS; i++) {
    parts[i] = (Part){ i, columns, settings };
    threads[i] = g_thread_new ("play", play, &parts[i]);
  }
  for (guint i = 0; i < ELEMENTS; i++)
    g_thread_join (threads[i]);
}

static void
test_frames (void)
{
  play_all ("shared=true", 1);
  play_all ("shared=true shared-wait=0 shared-size=2", 1);
  play_all ("shared=true shared-exact=true", 1);
}

static void
test_walls (void)
{
  play_all ("shared=true shared-exact=true", 3);
}

/* A run has as many places as it is to have: it is one of several frames. */
static void
test_figures (void)
{
  GstHarness *harness = open_harness ("shared=true shared-exact=true shared-size=4", 1);
  GstHarness *alone = open_harness ("", 1);
  g_autoptr (GstElement) element = gst_harness_find_element (alone, "discriminator");
  g_autoptr (GstStructure) none = NULL;

  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (score (harness, 1, i, 1), score (alone, 1, i, 1), 1e-4);
  g_assert_cmpuint (figure (harness, "frames"), ==, 3);
  g_assert_cmpuint (figure (harness, "padding"), ==, 9);
  g_object_get (element, "shared-figures", &none, NULL);
  g_assert_null (none);
  gst_harness_teardown (harness);
  gst_harness_teardown (alone);
}

/* A flush, and frames behind it. */
static void
test_flush (void)
{
  GstHarness *first = open_harness ("shared=true shared-exact=true", 1);
  GstHarness *second = open_harness ("shared=true shared-exact=true", 1);
  const double wanted = score (first, 1, 0, 1);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < 5; i++) {
    g_assert_true (gst_harness_push_event (first, gst_event_new_flush_start ()));
    g_assert_true (gst_harness_push_event (first, gst_event_new_flush_stop (TRUE)));
    g_assert_true (gst_harness_push_event (first, gst_event_new_segment (&segment)));
    g_assert_cmpfloat_with_epsilon (score (first, 1, 0, 1), wanted, 1e-9);
    g_assert_cmpfloat_with_epsilon (score (second, 1, 0, 1), wanted, 1e-9);
  }
  gst_harness_teardown (first);
  g_assert_cmpfloat_with_epsilon (score (second, 1, 0, 1), wanted, 1e-9);
  gst_harness_teardown (second);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_net ("net.onnx");
  g_test_add_func ("/shared-scores/frames", test_frames);
  g_test_add_func ("/shared-scores/walls", test_walls);
  g_test_add_func ("/shared-scores/figures", test_figures);
  g_test_add_func ("/shared-scores/flush", test_flush);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
