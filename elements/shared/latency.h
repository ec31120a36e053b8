/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

/**
 * The latency of an element that computes with each frame: how long frames are held back to be
 * gathered, the longest run so far, and one frame interval more, so that runs may vary without a
 * word. Live pipelines show frames that much later, and none comes too late that a run makes in
 * time. When runs become longer than that allows for, the pipeline is told, once.
 */
typedef struct {
  /* Under the object lock. */
  GstClockTime own;      /* that the element adds */
  gboolean live;         /* as the last answer was */
  GstClockTime upstream; /* the least, in it */

  /* The streaming thread's. */
  GstClockTime held, interval, longest;
} GstGenerativeLatency;

/* Caps are known: frames come every `interval` (0: no matter when), and are held for `held` before
 * they run. What was measured before is forgotten. */
void gst_generative_latency_begin (
    GstGenerativeLatency *latency, GstClockTime held, GstClockTime interval);
/* A run took that long. */
void gst_generative_latency_note (
    GstGenerativeLatency *latency, GstElement *element, GstClockTime run_time);
/* Answer a latency query of the next element: of what comes in by all sink pads. */
gboolean gst_generative_latency_answer (
    GstGenerativeLatency *latency, GstBaseTransform *base, GstQuery *query);

/* Add what an element holds back to a latency query that what comes before it has answered. */
void gst_generative_latency_add (GstQuery *query, GstClockTime own);
