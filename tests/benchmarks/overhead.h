/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor's time that a pipeline takes for a buffer. */
#pragma once

#include <gst/gst.h>

#include <stdlib.h>
#include <time.h>

static inline void
require (gboolean fine, const GError *error, const char *what)
{
  if (fine && error == NULL)
    return;
  g_printerr ("%s%s%s\n", what, error != NULL ? ": " : "", error != NULL ? error->message : "");
  exit (1);
}

/* Microseconds of the processor's time that the process has used: what else goes on in the machine
 * does not blur it. */
static inline double
now (void)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec * 1e6 + (double)used.tv_nsec * 1e-3;
}

static inline GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  double *times = data;

  times[times[0] == 0 ? 0 : 1] = now ();
  return GST_PAD_PROBE_OK;
}

/* Microseconds a frame, from the first to the last that reaches the sink: without the start. */
static inline double
time_pipeline (const char *launch, int frames)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error), sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  double times[2] = { 0, 0 };

  /* With an element missing, there may be half a pipeline, and an error. */
  require (pipeline != NULL, error, "no pipeline (does GST_PLUGIN_PATH name the built elements?)");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, times, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  require (error == NULL, error, launch);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return (times[1] - times[0]) / frames;
}

static inline int
compare (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static inline double
median (double *values, int n)
{
  qsort (values, (gsize)n, sizeof (double), compare);
  return values[n / 2];
}
