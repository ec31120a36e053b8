/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contentgate on windows of sound by models that remember, and at the end of a stream. */
#include <generative/features.h>
#include <generative/model.h>
#include <gst/check/gstharness.h>

#include "../scratch.h"
#include "models.h"

#define SOUND "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=1"
#define LENGTH 80

static char *folder;

/* Of 80 samples the mean of their magnitudes, and all such means before. */
static void
save_sum (void)
{
  g_autofree char *path = g_build_filename (folder, "sum.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("sum");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, LENGTH));
  GenTensor *before = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1, 1));
  GenTensor *sum;

  x = gen_unary (graph, "Abs", x, &error);
  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  sum = gen_binary (graph, "Add", before, x, &error);
  g_assert_no_error (error);
  x = gen_unary (graph, "Flatten", sum, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  gen_graph_add_output (graph, sum);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("h=%s", sum->name));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static GstHarness *
open_gate (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("contentgate model=%s/sum.onnx window=0.01 %s", folder, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, SOUND);
  return harness;
}

/* `n` samples of `level`, the first of which is the stream's number `from`. */
static void
push (GstHarness *harness, float level, guint from, guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * sizeof level, NULL);

  for (guint i = 0; i < n; i++)
    gst_buffer_fill (buffer, i * sizeof level, &level, sizeof level);
  GST_BUFFER_PTS (buffer) = from * GST_SECOND / 8000;
  GST_BUFFER_DURATION (buffer) = n * GST_SECOND / 8000;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

static double
pull_score (GstHarness *harness)
{
  g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
  double score = -1;
  GstCustomMeta *meta;

  g_assert_nonnull (buffer);
  meta = gst_buffer_get_custom_meta (buffer, "generative-score");
  g_assert_nonnull (meta);
  g_assert_true (
      gst_structure_get_double (gst_custom_meta_get_structure (meta), "gate-score", &score));
  return score;
}

/* What a window was is known to the next one, up to a jump. */
static void
test_remembers (void)
{
  GstHarness *harness = open_gate ("scores=none");

  for (guint i = 0; i < 3; i++) {
    push (harness, 0.25f, i * LENGTH, LENGTH);
    g_assert_cmpfloat_with_epsilon (pull_score (harness), 0.25 * (i + 1), 1e-6);
  }
  push (harness, 0.125f, 80000, LENGTH);
  g_assert_cmpfloat_with_epsilon (pull_score (harness), 0.125, 1e-6);
  gst_harness_teardown (harness);
}

/* Of 80 samples the mean of their magnitudes. */
static void
save_mean (void)
{
  g_autofree char *path = g_build_filename (folder, "mean.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("mean");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, LENGTH));

  x = gen_unary (graph, "Abs", x, &error);
  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  x = gen_unary (graph, "Flatten", x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* What is left at the end is judged with what stands before it, by a window that ends there. */
static void
check_end (const char *properties, const char *format)
{
  g_autofree char *launch = g_strdup_printf (
      "contentgate model=%s/mean.onnx window=0.01 scores=none smoothing=0 hysteresis=0 "
      "%s",
      folder, properties);
  g_autofree char *caps =
      g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=8000,channels=2", format);
  const gboolean int16 = g_str_equal (format, "S16LE");
  GstHarness *harness = gst_harness_new_parse (launch);
  const guint n = 3 * LENGTH + 10;
  double last = -1;

  gst_harness_set_src_caps_str (harness, caps);
  for (guint i = 0; i < n; i += 10) {
    const gsize size = int16 ? 2 : 4;
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 10 * 2 * size, NULL);

    for (guint k = 0; k < 20; k++) {
      const float number = (float)(i + k / 2) / 512;
      const gint16 integer = (gint16)((i + k / 2) * 64);

      gst_buffer_fill (buffer, k * size, int16 ? (const void *)&integer : &number, size);
    }
    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 8000;
    GST_BUFFER_DURATION (buffer) = 10 * GST_SECOND / 8000;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
    GstCustomMeta *meta;

    if (buffer == NULL)
      break;
    meta = gst_buffer_get_custom_meta (buffer, "generative-score");
    if (meta != NULL)
      gst_structure_get_double (gst_custom_meta_get_structure (meta), "gate-score", &last);
  }
  /* The mean of the last 80 numbers. */
  g_assert_cmpfloat_with_epsilon (last, (n - (LENGTH + 1) / 2.0) / 512, 1e-5);
  gst_harness_teardown (harness);
}

static void
test_end (void)
{
  check_end ("threshold=0.9 action=mute", "F32LE");
  check_end ("threshold=0.9 action=mute hop=0.005", "F32LE");
  check_end ("threshold=0.9 action=mute", "S16LE");
  check_end ("threshold=0.9 action=mute hop=0.003", "S16LE");
}

/* Where there is nothing before it, silence follows. */
static void
test_short (void)
{
  g_autofree char *launch = g_strdup_printf (
      "contentgate model=%s/mean.onnx window=0.01 scores=none threshold=0.9 action=mute", folder);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, SOUND);
  push (harness, 0.5f, 0, LENGTH);
  push (harness, 0.5f, 80000, 20);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  g_assert_cmpfloat_with_epsilon (pull_score (harness), 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon (pull_score (harness), 0.125, 1e-6);
  gst_harness_teardown (harness);
}

/* Who says nothing of a stream has each sample judged by itself. */
static void
test_by_itself (void)
{
  g_autofree char *path = g_build_filename (folder, "sum.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenFeatures) features = gen_features_open (path, &gen_medium_sound, &error);
  g_auto (GenSound) sound = { 0 };
  GenSample samples[2];
  float made[2];

  g_assert_no_error (error);
  gen_sound_init (&sound, 8000, 1, LENGTH);
  for (int i = 0; i < LENGTH; i++)
    sound.data[i] = 0.5f;
  samples[0] = samples[1] = gen_sample_of_sound (&sound);
  for (int round = 0; round < 2; round++) {
    g_assert_true (gen_features_compute (features, samples, 2, made, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat (made[0], ==, 0.5f);
    g_assert_cmpfloat (made[1], ==, 0.5f);
  }
  gen_features_begin_stream (features);
  g_assert_true (gen_features_compute (features, samples, 2, made, &error));
  g_assert_cmpfloat (made[0], ==, 0.5f);
  g_assert_cmpfloat (made[1], ==, 1);
  gen_features_begin_stream (features);
  g_assert_true (gen_features_compute (features, samples, 1, made, &error));
  g_assert_cmpfloat (made[0], ==, 0.5f);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_sum ();
  save_mean ();
  g_test_add_func ("/gate-sounds/remembers", test_remembers);
  g_test_add_func ("/gate-sounds/end", test_end);
  g_test_add_func ("/gate-sounds/short", test_short);
  g_test_add_func ("/gate-sounds/by-itself", test_by_itself);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
