/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracer: what it tells of pipelines whose frames, drops, waits and figures are known. It is
 * given counters of the test's own, which all tests share: each names its elements as no other. */
#define GST_USE_UNSTABLE_API
#include "../../lib/serve/counters.h"

#include <gst/check/gstharness.h>
#include <gst/gsttracer.h>
#include <gst/gsttracerfactory.h>
#include <math.h>

#include "models.h"
#include "player.h"

#define GREY "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"

static GenCounters *counters;
static GstTracer *tracer;

/* --- what was told --- */

static GType
tracer_type (void)
{
  GstRegistry *registry = gst_registry_get ();
  g_autoptr (GstPluginFeature) feature =
      gst_registry_find_feature (registry, "generative", GST_TYPE_TRACER_FACTORY);
  g_autoptr (GstPluginFeature) loaded = NULL;

  g_assert_nonnull (feature);
  loaded = gst_plugin_feature_load (feature);
  g_assert_nonnull (loaded);
  return gst_tracer_factory_get_tracer_type (GST_TRACER_FACTORY (loaded));
}

typedef struct {
  const char *name, *element, *third; /* of what is looked for; NULL: whatever it is */
  double value;
} Search;

static void
compare (const GenCounterFamily *family, const char *const *values, const GenCounter *counter,
    gpointer data)
{
  Search *search = data;

  if (g_str_equal (family->name, search->name) && g_str_equal (values[0], search->element) &&
      (search->third == NULL || g_str_equal (values[2], search->third)))
    search->value = gen_counter_get (counter);
}

/* -1 where there is none. */
static double
told (const char *name, const char *element, const char *third)
{
  Search search = { name, element, third, -1 };

  gen_counters_foreach (counters, compare, &search);
  return search.value;
}

static double
dropped (const char *element, const char *reason)
{
  return told ("generative_stage_dropped_total", element, reason);
}

static void
gather (void)
{
  g_signal_emit_by_name (tracer, "gather");
}

static char *
text (void)
{
  GString *string = g_string_new (NULL);

  gen_counters_append_text (counters, string);
  return g_string_free (string, FALSE);
}

/* Play to the end. */
static void
play (const char *launch)
{
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  player_close (&player);
}

/* A harness of an element of that name. */
static GstHarness *
harness_of (const char *launch, const char *caps)
{
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
grey (guint8 level, guint ms)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64, NULL);

  gst_buffer_memset (buffer, 0, level, 64);
  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
  return buffer;
}

/* --- frames and times --- */

static void
test_frames (void)
{
  play ("fakesrc name=frames-source num-buffers=7 sizetype=fixed sizemax=100 datarate=1000 ! "
        "identity name=frames-through ! fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_frames_total", "frames-source", NULL), ==, 7);
  g_assert_cmpfloat (told ("generative_stage_bytes_total", "frames-source", NULL), ==, 700);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "frames-through", NULL), ==, 7);
  g_assert_cmpfloat (told ("generative_stage_seconds", "frames-through", NULL), ==, 7);
  /* A source has nothing that comes in, a sink nothing that goes out. */
  g_assert_cmpfloat (told ("generative_stage_seconds", "frames-source", NULL), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_seconds", "sink", NULL), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "sink", NULL), >=, 7);
}

/* Elements within bins are told, and the bins are not. */
static void
test_bins (void)
{
  play ("fakesrc num-buffers=5 datarate=1000 sizetype=fixed sizemax=8 ! "
        "( name=bins-bin identity name=bins-one ! queue name=bins-two ) ! "
        "fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-one", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-two", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_seconds", "bins-two", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-bin", NULL), ==, -1);
}

/* Each of four frames is held for at least 5 ms. */
static void
test_seconds (void)
{
  g_autofree char *told_text = NULL;
  const char *sum;

  play ("fakesrc num-buffers=4 datarate=1000 sizetype=fixed sizemax=8 ! "
        "identity name=seconds sleep-time=5000 ! fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_seconds", "seconds", NULL), ==, 4);
  told_text = text ();
  sum = strstr (told_text, "generative_stage_seconds_sum{element=\"seconds\"");
  g_assert_nonnull (sum);
  g_assert_cmpfloat (g_ascii_strtod (strchr (sum, '}') + 1, NULL), >=, 0.02);
  g_assert_nonnull (strstr (told_text,
      "generative_stage_seconds_bucket{element=\"seconds\",factory=\"identity\",le=\"0.0025\"} 0"));
}

/* What an element hands on in another segment is still found by its running time. */
static void
test_segments (void)
{
  GstHarness *harness = harness_of ("identity name=segments single-segment=true", GREY);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 100 * GST_SECOND;
  g_assert_true (gst_harness_push_event (harness, gst_event_new_segment (&segment)));
  for (guint i = 0; i < 5; i++) {
    gst_harness_push (harness, grey (0, 100000 + 100 * i));
    gst_buffer_unref (gst_harness_pull (harness));
  }
  g_assert_cmpfloat (told ("generative_stage_seconds", "segments", NULL), ==, 5);
  gst_harness_teardown (harness);
}

/* Of what has no time it is not known how long it took. */
static void
test_timeless (void)
{
  GstHarness *harness = harness_of ("identity name=timeless", GREY);

  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = grey (0, 0);

    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    gst_harness_push (harness, buffer);
  }
  g_assert_cmpfloat (told ("generative_stage_frames_total", "timeless", NULL), ==, 3);
  g_assert_cmpfloat (told ("generative_stage_seconds", "timeless", NULL), ==, 0);
  gst_harness_teardown (harness);
}

/* --- queues, and what is lost --- */

/* A queue whose first frame is on its way out, and stays there. */
typedef struct {
  GstHarness *harness;
  GstPad *pad;
  gulong probe;
  GMutex lock;
  GCond changed;
  gboolean held; /* under the lock */
} Held;

static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Held *held = data;

  g_mutex_lock (&held->lock);
  held->held = TRUE;
  g_cond_broadcast (&held->changed);
  g_mutex_unlock (&held->lock);
  return GST_PAD_PROBE_OK;
}

static void
held_open (Held *held, const char *launch, guint frames)
{
  *held = (Held){ .harness = gst_harness_new_parse (launch) };
  g_mutex_init (&held->lock);
  g_cond_init (&held->changed);
  held->pad = gst_element_get_static_pad (held->harness->element, "src");
  held->probe = gst_pad_add_probe (
      held->pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, held, NULL);
  gst_harness_set_src_caps_str (held->harness, GREY);
  gst_harness_push (held->harness, grey (0, 0));
  g_mutex_lock (&held->lock);
  while (!held->held)
    g_cond_wait (&held->changed, &held->lock);
  g_mutex_unlock (&held->lock);
  for (guint i = 1; i < frames; i++)
    gst_harness_push (held->harness, grey (0, 100 * i));
  gather ();
  gather ();
}

static void
held_let_go (Held *held)
{
  gst_pad_remove_probe (held->pad, held->probe);
}

static void
held_close (Held *held)
{
  gst_object_unref (held->pad);
  gst_harness_teardown (held->harness);
  g_mutex_clear (&held->lock);
  g_cond_clear (&held->changed);
}

#define TWO "max-size-buffers=2 max-size-time=0 max-size-bytes=0 leaky=downstream"

/* Of ten frames one is on its way, two wait, and seven were let go. */
static void
test_leaky (void)
{
  Held held;

  held_open (&held, "queue name=leaky " TWO, 10);
  g_assert_cmpfloat (dropped ("leaky", "leaky"), ==, 7);
  g_assert_cmpfloat (told ("generative_queue_buffers", "leaky", NULL), ==, 2);
  g_assert_cmpfloat (told ("generative_queue_bytes", "leaky", NULL), ==, 128);
  held_let_go (&held);
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_pull (held.harness));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("leaky", "leaky"), ==, 7);
  g_assert_cmpfloat (told ("generative_queue_buffers", "leaky", NULL), ==, 0);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "leaky", NULL), ==, 3);
  g_assert_cmpfloat (told ("generative_stage_seconds", "leaky", NULL), ==, 3);
  held_close (&held);
}

/* What a flush takes is no loss of a full queue. */
static void
test_flush (void)
{
  GstSegment segment;
  Held held;

  held_open (&held, "queue name=flushed " TWO, 6);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  gst_harness_push_event (held.harness, gst_event_new_flush_start ());
  gst_harness_push_event (held.harness, gst_event_new_flush_stop (TRUE));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("flushed", "flush"), ==, 2);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  held_let_go (&held);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (held.harness, gst_event_new_segment (&segment));
  gst_harness_push (held.harness, grey (0, 0));
  gst_buffer_unref (gst_harness_pull (held.harness));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("flushed", "flush"), ==, 2);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  held_close (&held);
}

/* What waits when a pipeline stops is none either. */
static void
test_stop (void)
{
  Held held;

  held_open (&held, "queue name=stopped", 3);
  gst_element_set_state (held.harness->element, GST_STATE_NULL);
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("stopped", NULL), ==, -1);
  held_let_go (&held);
  held_close (&held);
}

static void
test_valve (void)
{
  GstHarness *harness = harness_of ("valve name=valve drop=true", GREY);

  for (guint i = 0; i < 4; i++)
    gst_harness_push (harness, grey (0, 100 * i));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("valve", "valve"), ==, 4);
  gst_harness_teardown (harness);
}

/* 20 frames a second become 5. */
static void
test_rate (void)
{
  play ("videotestsrc num-buffers=20 ! video/x-raw,framerate=20/1,width=8,height=8 ! "
        "videorate name=rated ! video/x-raw,framerate=5/1 ! "
        "fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (
      told ("generative_stage_frames_total", "rated", NULL) + dropped ("rated", "rate"), ==, 20);
  g_assert_cmpfloat (dropped ("rated", "rate"), >, 10);
}

/* A discriminator that finds nothing good enough, one after one that lets all pass. */
static void
test_gate (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "d.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("discriminator name=gate-open model=%s threshold=0.1 "
                                             "action=drop ! discriminator name=gate-shut model=%s "
                                             "threshold=0.9 action=drop",
      model, model);
  GstHarness *harness;

  save_discriminator (model, 8, 0.5f);
  harness = harness_of (launch, GREY);
  for (guint i = 0; i < 6; i++)
    g_assert_cmpint (gst_harness_push (harness, grey (0, 100 * i)), ==, GST_FLOW_OK);
  gather ();
  g_assert_cmpfloat (dropped ("gate-shut", "gate"), ==, 6);
  g_assert_cmpfloat (dropped ("gate-open", "gate"), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "gate-open", NULL), ==, 6);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Frames that come too late are told on the bus: a filter leaves them out itself. */
static void
test_late (void)
{
  GstHarness *harness = harness_of ("videobalance name=late", "video/x-raw,format=RGB,width=4,"
                                                              "height=4,framerate=10/1");

  gst_harness_push (harness, grey (0, 0));
  gst_harness_push_upstream_event (
      harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 10 * GST_SECOND, 0));
  for (guint i = 1; i < 4; i++)
    gst_harness_push (harness, grey (0, 100 * i));
  g_assert_cmpfloat (dropped ("late", "qos"), ==, 3);
  gst_harness_teardown (harness);
}

/* --- messages --- */

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("fakesrc ! identity name=failing error-after=3 ! fakesink", &error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  /* Once, and not once more for each bin that hands it on. */
  g_assert_cmpfloat (told ("generative_errors_total", "failing", "gst-core-error-quark"), ==, 1);
}

static void
post (GstElement *element, GstStructure *structure)
{
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), structure));
}

static void
test_training (void)
{
  g_autoptr (GstElement) element =
      gst_object_ref_sink (gst_element_factory_make ("identity", "training"));

  post (element,
      gst_structure_new ("modeltrainer-progress", "step", G_TYPE_UINT64, G_GUINT64_CONSTANT (12),
          "loss", G_TYPE_DOUBLE, 0.5, "recipe", G_TYPE_STRING, "diffusion", NULL));
  g_assert_cmpfloat (told ("generative_training", "training", "step"), ==, 12);
  g_assert_cmpfloat (told ("generative_training", "training", "loss"), ==, 0.5);
  g_assert_cmpfloat (told ("generative_training", "training", "recipe"), ==, -1);
  post (element, gst_structure_new ("modeltrainer-progress", "loss", G_TYPE_DOUBLE, 0.25, NULL));
  g_assert_cmpfloat (told ("generative_training", "training", "loss"), ==, 0.25);
  post (element, gst_structure_new ("content-gate", "state", G_TYPE_STRING, "closed", NULL));
  g_assert_cmpfloat (told ("generative_gate_closed", "training", NULL), ==, 1);
  post (element, gst_structure_new ("content-gate", "state", G_TYPE_STRING, "open", NULL));
  g_assert_cmpfloat (told ("generative_gate_closed", "training", NULL), ==, 0);
}

/* --- quality --- */

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

/* --- several threads, and parameters --- */

/* Pipelines come and go while somebody looks around. */
static gpointer
play_often (gpointer data)
{
  for (guint i = 0; i < 10; i++) {
    g_autofree char *launch =
        g_strdup_printf ("fakesrc num-buffers=50 datarate=1000 sizetype=fixed sizemax=8 ! queue "
                         "name=often-%u ! fakesink name=sink signal-handoffs=true",
            GPOINTER_TO_UINT (data));

    play (launch);
  }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("play", play_often, GUINT_TO_POINTER (i));
  for (guint i = 0; i < 200; i++)
    gather ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_autofree char *name = g_strdup_printf ("often-%u", i);

    g_thread_join (threads[i]);
    g_assert_cmpfloat (told ("generative_stage_frames_total", name, NULL), ==, 500);
    g_assert_cmpfloat (dropped (name, NULL), ==, -1);
  }
}

static void
refuse (const char *parameters, const char *text_of)
{
  GstTracer *refused;

  g_test_expect_message ("generative", G_LOG_LEVEL_WARNING, text_of);
  refused = g_object_new (tracer_type (), "params", parameters, NULL);
  g_test_assert_expected_messages ();
  gst_object_unref (refused);
}

static void
test_parameters (void)
{
  refuse ("interval=1", "*where its figures go is not said*file=metrics.prom*");
  refuse ("fiel=a.prom", "*parameter fiel: there are file*interval and window*by*");
  refuse ("file=a.prom,interval=0", "*parameter interval: *0.1 to 3600*");
  refuse ("file=a.prom,by=colour", "*parameter by: *element or factory*");
  refuse ("file=", "*are no parameters*");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  counters = gen_counters_new ();
  tracer =
      g_object_new (tracer_type (), "params", "interval=1,window=2", "counters", counters, NULL);
  g_test_add_func ("/tracer/frames", test_frames);
  g_test_add_func ("/tracer/bins", test_bins);
  g_test_add_func ("/tracer/seconds", test_seconds);
  g_test_add_func ("/tracer/segments", test_segments);
  g_test_add_func ("/tracer/timeless", test_timeless);
  g_test_add_func ("/tracer/leaky", test_leaky);
  g_test_add_func ("/tracer/flush", test_flush);
  g_test_add_func ("/tracer/stop", test_stop);
  g_test_add_func ("/tracer/valve", test_valve);
  g_test_add_func ("/tracer/rate", test_rate);
  g_test_add_func ("/tracer/gate", test_gate);
  g_test_add_func ("/tracer/late", test_late);
  g_test_add_func ("/tracer/errors", test_errors);
  g_test_add_func ("/tracer/training", test_training);
  g_test_add_func ("/tracer/quality", test_quality);
  g_test_add_func ("/tracer/model", test_model);
  g_test_add_func ("/tracer/shared", test_shared);
  g_test_add_func ("/tracer/process", test_process);
  g_test_add_func ("/tracer/threads", test_threads);
  g_test_add_func ("/tracer/parameters", test_parameters);
  result = g_test_run ();
  gst_object_unref (tracer);
  gst_deinit ();
  gen_counters_unref (counters);
  return result;
}
