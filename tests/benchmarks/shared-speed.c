/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many sessions of a model a core holds: in one process that shares runs, against a process for
 * each session and against one process that shares none. All sessions are live and at RATE frames a
 * second; what counts is the processor's time that all of it takes for a frame (latents, run,
 * GStreamer, and waking each other), so that what else the machine does blurs little. A line of
 * JSON tells it, with the time of runs by size: what simulate-serving takes as its model of a node.
 *
 *   GST_PLUGIN_PATH=build/elements shared-speed MODEL.onnx [SESSIONS [SECONDS [RATE]]]
 */
#include <generative/device.h>
#include <generative/player.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "overhead.h"

#define WARM_UP 3   /* seconds, in which plans are made, once all play */
#define PATIENCE 60 /* seconds until they do */
#define LARGEST 8

/* --- a process with sessions --- */

static GstPadProbeReturn
count (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc ((gint *)data);
  return GST_PAD_PROBE_OK;
}

/* A pipeline of its own, as each session of a server has. */
static GstElement *
launch (const char *model, int seed, gboolean shared, int rate, gint *frames)
{
  g_autofree char *text = g_strdup_printf (
      "latentsrc seed=%d walk=slerp is-live=true ! other/tensors,framerate=%d/1 ! "
      "generator model=%s threads=1 reload=false shared=%s ! fakesink name=sink sync=false",
      seed, rate, model, shared ? "true" : "false");
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  require (pipeline != NULL, error, "no pipeline (does GST_PLUGIN_PATH name the built elements?)");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, frames, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
wait_for_all (const gint *frames, int n)
{
  const gint64 until = g_get_monotonic_time () + PATIENCE * G_USEC_PER_SEC;

  for (int i = 0; i < n; i++)
    while (g_atomic_int_get (&frames[i]) < 3) {
      require (g_get_monotonic_time () < until, NULL, "a session makes no frames");
      g_usleep (10000);
    }
  g_usleep (WARM_UP * G_USEC_PER_SEC);
}

static double
sum (const gint *frames, int n)
{
  double sum = 0;

  for (int i = 0; i < n; i++)
    sum += g_atomic_int_get (&frames[i]);
  return sum;
}

/* Prints frames and microseconds of the processor's time. */
static int
play (const char *model, int first, int n, gboolean shared, int seconds, int rate)
{
  g_autoptr (GPtrArray) pipelines = g_ptr_array_new_with_free_func (gst_object_unref);
  g_autofree gint *frames = g_new0 (gint, n);
  double made, used;

  for (int i = 0; i < n; i++) {
    g_ptr_array_add (pipelines, launch (model, first + i, shared, rate, &frames[i]));
    /* Their frames come at any time of each other's. */
    g_usleep ((gulong)(1000003 / rate * 7 / 5 / n));
  }
  wait_for_all (frames, n);
  made = sum (frames, n);
  used = now ();
  g_usleep ((gulong)seconds * G_USEC_PER_SEC);
  used = now () - used;
  made = sum (frames, n) - made;
  for (int i = 0; i < n; i++)
    gst_element_set_state (pipelines->pdata[i], GST_STATE_NULL);
  g_print ("%.0f %.0f\n", made, used);
  return 0;
}

/* --- all of them --- */

typedef struct {
  double frames, microseconds;
} Sum;

/* `n` sessions in `processes` processes. */
static Sum
measure (const char *self, const char *model, int n, int processes, gboolean shared, int seconds,
    int rate)
{
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  Sum sum = { 0 };

  for (int i = 0; i < processes; i++) {
    g_autofree char *settings = g_strdup_printf (
        "%d:%d:%d:%d:%d", i * (n / processes), n / processes, shared, seconds, rate);
    GSubprocess *child = g_subprocess_new (
        G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self, "--sessions", settings, model, NULL);

    require (child != NULL, error, self);
    g_ptr_array_add (children, child);
  }
  for (guint i = 0; i < children->len; i++) {
    g_autofree char *text = NULL;
    double frames = 0, used = 0;

    g_subprocess_communicate_utf8 (children->pdata[i], NULL, NULL, &text, NULL, &error);
    require (g_subprocess_get_successful (children->pdata[i]) &&
                 sscanf (text, "%lf %lf", &frames, &used) == 2,
        error, "a process of sessions failed");
    sum.frames += frames;
    sum.microseconds += used;
  }
  return sum;
}

/* --- runs by size --- */

/* Microseconds of a run of `frames`, the best of many. */
static double
time_run (const char *path, int frames)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  const GenPlayerOptions options = {
    .plan = { .threads = 1, .precision = GEN_PRECISION_TF32, .choice = GEN_CHOICE_MEASURE }
  };
  GenModelUse use = { .frames = frames, .pictures = 1 };
  g_autoptr (GenPlayer) player = NULL;
  double best = 1e12;

  require (model != NULL, error, path);
  player = gen_player_new (model, &options);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  require (gen_player_prepare (player, &use, NULL, &error), error, path);
  for (int i = 0; i < 100; i++) {
    const double began = now ();

    require (gen_player_run (player, &error), error, path);
    best = MIN (best, now () - began);
  }
  return best;
}

static void
add_number (JsonBuilder *json, const char *name, double number)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, number);
}

static void
add_runs (JsonBuilder *json, const char *model)
{
  json_builder_set_member_name (json, "runs");
  json_builder_begin_object (json);
  for (int size = 1; size <= LARGEST; size *= 2) {
    g_autofree char *name = g_strdup_printf ("%d", size);

    add_number (json, name, time_run (model, size));
  }
  json_builder_end_object (json);
}

/* One way to hold them: microseconds a frame, how many sessions that is a core, and which part of
 * the frames came in time. */
static void
add_way (JsonBuilder *json, const char *name, Sum sum, double expected, int rate)
{
  const double a_frame = sum.microseconds / MAX (sum.frames, 1);

  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
  add_number (json, "microseconds-a-frame", a_frame);
  add_number (json, "sessions-a-core", 1e6 / (a_frame * rate));
  add_number (json, "made", sum.frames / expected);
  json_builder_end_object (json);
}

static void
print (JsonBuilder *json)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (json);
  g_autofree char *text = NULL;

  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  g_print ("%s\n", text);
}

int
main (int argc, char **argv)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  int first, sessions, shared, seconds, rate;

  gst_init (&argc, &argv);
  if (argc == 4 && g_str_equal (argv[1], "--sessions") &&
      sscanf (argv[2], "%d:%d:%d:%d:%d", &first, &sessions, &shared, &seconds, &rate) == 5)
    return play (argv[3], first, sessions, shared, seconds, rate);
  require (argc > 1, NULL, "shared-speed MODEL.onnx [SESSIONS [SECONDS [RATE]]]");
  sessions = argc > 2 ? atoi (argv[2]) : 16;
  seconds = argc > 3 ? atoi (argv[3]) : 5;
  rate = argc > 4 ? atoi (argv[4]) : 25;
  require (sessions > 0 && seconds > 0 && rate > 0, NULL, "numbers above 0");
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "model");
  json_builder_add_string_value (json, argv[1]);
  add_number (json, "rate", rate);
  add_number (json, "sessions", sessions);
  add_runs (json, argv[1]);
  add_way (json, "processes", measure (argv[0], argv[1], sessions, sessions, FALSE, seconds, rate),
      (double)sessions * seconds * rate, rate);
  add_way (json, "one-process", measure (argv[0], argv[1], sessions, 1, FALSE, seconds, rate),
      (double)sessions * seconds * rate, rate);
  add_way (json, "shared", measure (argv[0], argv[1], sessions, 1, TRUE, seconds, rate),
      (double)sessions * seconds * rate, rate);
  json_builder_end_object (json);
  print (json);
  return 0;
}
