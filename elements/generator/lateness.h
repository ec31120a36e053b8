/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long buffers take, and which would come too late. */
#pragma once

#include "../shared/latency.h"

typedef struct {
  GstBaseTransform *base; /* the element, which is told what to drop */
  GstGenerativeLatency latency;

  /* Under its object lock, as sinks told. */
  GstClockTimeDiff deadline; /* after its time a frame must be there; NONE: nobody told */
  GstClockTime distributed;  /* the latency that a live pipeline plays with; NONE: it is not told */
  double proportion;

  /* The streaming thread's. */
  GstClockTime run_time;  /* of the last run */
  GstClockTime last_made; /* running time of the last frame that was not too late */
} GstGeneratorLateness;

/* What is known before anything has come. */
typedef struct {
  GstClockTime held;     /* before a run */
  GstClockTime interval; /* between buffers; 0: no matter */
  guint batch;           /* buffers that are gathered */
  guint runs;            /* on these; 0: only a run will tell how long it takes */
} GstGeneratorTiming;

/* The element starts. */
void gst_generator_lateness_reset (GstGeneratorLateness *lateness);
/* The time of frames has jumped. */
void gst_generator_lateness_forget (GstGeneratorLateness *lateness);

/* Caps are known; a run took `run_time` as it was tried. */
void gst_generator_lateness_begin (
    GstGeneratorLateness *lateness, const GstGeneratorTiming *timing, GstClockTime run_time);
/* A run took that long, from `start` until now. */
void gst_generator_lateness_note_run (GstGeneratorLateness *lateness, GstClockTime start);

/* A QoS event: the sink has shown a frame, or has come to it too late. */
void gst_generator_lateness_note_shown (GstGeneratorLateness *lateness, GstEvent *event);
/* A LATENCY event: that of the pipeline. */
void gst_generator_lateness_note_distributed (GstGeneratorLateness *lateness, GstEvent *event);
/* When, of g_get_monotonic_time, the frame of `buffer` must have been made to be shown in time;
 * GEN_SHARED_NO_DEADLINE where nobody told, or time stands still. */
gint64 gst_generator_lateness_due (GstGeneratorLateness *lateness, const GstBuffer *buffer);
/* Whether the frame of `buffer` is to be left out: GstBaseTransform is told, which does it. */
void gst_generator_lateness_judge (GstGeneratorLateness *lateness, const GstBuffer *buffer);
