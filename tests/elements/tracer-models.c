/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracer: quality that meters have told, and the models, runs and memory of those that play. */
#include "tracer.h"

/* The alert begins, and is told by the element and by the tracer. */
static void
test_quality (void)
{
  GstHarness *harness =
      harness_of ("qualitymeter name=quality-one metrics=brightness alert=\"brightness > 0.2\" ! "
                  "qualitymeter name=quality-two metrics=contrast",
          GREY);
  double mean;

  gst_harness_push (harness, grey (51, 0));
  gst_harness_push (harness, grey (102, 100));
  gather ();
  mean = told ("generative_quality", "quality-one", "brightness");
  g_assert_cmpfloat_with_epsilon (mean, 0.3, 1e-6);
  /* A figure is told of whoever measured it alone. */
  g_assert_cmpfloat (told ("generative_quality", "quality-two", "brightness"), ==, -1);
  g_assert_cmpfloat (told ("generative_quality", "quality-two", "contrast"), ==, 0);
  g_assert_cmpfloat (told ("generative_alert_active", "quality-one", "brightness > 0.2"), ==, 1);
  g_assert_cmpfloat (told ("generative_alerts_total", "quality-one", "brightness > 0.2"), ==, 1);
  /* A window of two intervals: the first look is forgotten at the third. */
  gst_harness_push (harness, grey (255, 200));
  gather ();
  mean = told ("generative_quality", "quality-one", "brightness");
  g_assert_cmpfloat_with_epsilon (mean, (0.2 + 0.4 + 1) / 3, 1e-6);
  gather ();
  g_assert_cmpfloat_with_epsilon (
      told ("generative_quality", "quality-one", "brightness"), 1, 1e-6);
  gather ();
  g_assert_true (isnan (told ("generative_quality", "quality-one", "brightness")));
  gst_harness_teardown (harness);
  /* How things are is told of what there is. */
  g_assert_cmpfloat (told ("generative_quality", "quality-one", "brightness"), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "quality-one", NULL), ==, 3);
}

static char *
version_of (const char *path)
{
  g_autofree char *bytes = NULL;
  gsize size;
  char *hash;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *)bytes, size);
  hash[12] = '\0';
  return hash;
}

static gboolean
tells_model (const char *path, const char *version)
{
  g_autofree char *told_text = text ();
  g_autofree char *line = g_strdup_printf ("generative_model_info{element=\"played\",factory="
                                           "\"generator\",model=\"%s\",version=\"%s\"} 1\n",
      path, version);

  return strstr (told_text, line) != NULL;
}

#define LATENTS                                                                                    \
  "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"                       \
  "dimensions=(string)3,framerate=(fraction)10/1"

/* A model is told by what it has, and a new one takes the place of the old. */
static void
test_model (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "g.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator name=played model=%s reload=false", model);
  g_autofree char *old = NULL, *new = NULL;
  g_autoptr (GstElement) element = NULL;
  GstHarness *harness;

  save_generator (model, 1, 3, 8, 0.5f);
  old = version_of (model);
  harness = harness_of (launch, LATENTS);
  element = gst_harness_find_element (harness, "generator");
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_wrapped (g_malloc0 (12), 12)), ==, GST_FLOW_OK);
  gather ();
  g_assert_true (tells_model (model, old));
  save_generator (model, 1, 3, 8, 0.25f);
  new = version_of (model);
  gather ();
  g_assert_true (tells_model (model, old)); /* which it still plays */
  post (element, gst_structure_new ("generator-reload", "model", G_TYPE_STRING, model, NULL));
  gather ();
  g_assert_true (tells_model (model, new));
  g_assert_false (tells_model (model, old));
  g_assert_cmpfloat (told ("generative_model_reloads_total", "played", NULL), ==, 1);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Two generators that make frames in common runs: a run has a frame or two. */
static void
test_shared (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "g.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "latentsrc num-buffers=40 ! generator name=shared-one model=%s shared=true ! fakesink "
      "name=sink signal-handoffs=true  latentsrc num-buffers=40 ! generator name=shared-two "
      "model=%s shared=true ! fakesink",
      model, model);
  double run_frames;
  Player player;

  save_generator (model, -1, 3, 8, 0.5f);
  player_open (&player, launch);
  player_play_to_end (&player);
  gather ();
  run_frames = told ("generative_shared_run_frames", "shared-one", NULL);
  g_assert_cmpfloat (run_frames, >=, 1);
  g_assert_cmpfloat (run_frames, <=, 2);
  g_assert_cmpfloat (told ("generative_shared_members", "shared-two", NULL), ==, 2);
  player_close (&player);
  scratch_remove (folder);
}

static void
test_process (void)
{
  g_autofree char *told_text = NULL;

  gather ();
  told_text = text ();
  g_assert_cmpfloat (gen_counters_sum (counters, "process_resident_memory_bytes"), >, 1e6);
  g_assert_nonnull (strstr (told_text, "# TYPE process_cpu_seconds_total counter\n"));
}

int
main (int argc, char **argv)
{
  tracer_begin (&argc, &argv);
  g_test_add_func ("/tracer-models/quality", test_quality);
  g_test_add_func ("/tracer-models/model", test_model);
  g_test_add_func ("/tracer-models/shared", test_shared);
  g_test_add_func ("/tracer-models/process", test_process);
  return tracer_run ();
}
