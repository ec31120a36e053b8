/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What waits in front of encoders: frames are lost where nobody takes them in time, and not where
 * they are kept on purpose. */
#include "../../tools/serve/session-bin.h"
#include "playing.h"

#define STUDIO                                                                                     \
  "[server]\nport = 0\n"                                                                           \
  "[models.classes]\nlocation = \"classes.onnx\"\n"                                                \
  "[mounts.classes]\nmodel = \"classes\"\nframerate = 50\n"

static void
play_without_loss (Playing *playing)
{
  playing_begin (playing);
  for (int i = 0; i < 5; i++)
    g_bytes_unref (playing_next (playing));
  g_atomic_int_set (&playing->lost, 0);
  for (int i = 0; i < 60; i++)
    g_bytes_unref (playing_next (playing));
  g_assert_cmpint (g_atomic_int_get (&playing->lost), ==, 0);
}

/* Sinks keep frames for as long as sound is late: there is room for these besides those that nobody
 * has taken. */
static void
test_latency (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (GstElement) sink = NULL;

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "classes", "anna");
  sink = gst_bin_get_by_name (GST_BIN (a.pipeline), "video");
  g_object_set (sink, "sync", TRUE, NULL);
  gst_pipeline_set_latency (GST_PIPELINE (a.pipeline), GST_SECOND);
  play_without_loss (&a);
  playing_end (&a);
  serving_close (&s);
}

static GstPadProbeReturn
say_late (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (GST_PAD_PROBE_INFO_QUERY (info), TRUE, GST_SECOND, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

/* Nor does what keeps them for as long as they may be late themselves, in front of a sink that
 * keeps nothing, as webrtcbin does: a run may take a second, once. */
static void
test_lateness (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *bin, *keep = gst_element_factory_make ("clocksync", NULL);

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "classes", "anna");
  bin = serve_session_get_bin (a.session);
  sink = gst_bin_get_by_name (GST_BIN (a.pipeline), "video");
  gst_element_unlink (bin, sink);
  gst_bin_add (GST_BIN (a.pipeline), keep);
  g_assert_true (
      gst_element_link_pads (bin, "video", keep, "sink") && gst_element_link (keep, sink));
  pad = gst_element_get_static_pad (serve_session_bin_get_latents (bin), "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH, say_late, NULL, NULL);
  play_without_loss (&a);
  playing_end (&a);
  serving_close (&s);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/waiting/latency", test_latency);
  g_test_add_func ("/serve/waiting/lateness", test_lateness);
  return g_test_run ();
}
