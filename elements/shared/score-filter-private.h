/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GstScoreFilter share: score-filter.c (properties, the report, pictures) and
 * score-sound.c (windows of a sound). */
#pragma once

#include "latency.h"
#include "reporting.h"
#include "score-filter.h"
#include "score-gate.h"
#include "sound-windows.h"

typedef struct {
  GstGenerativeReporting reporting; /* open from start to stop */

  /* From start to stop. */
  GstScoreFormat format;
  GstGenerativeLatency latency;
  GstScoreGate gate;

  /* Sounds. */
  GstGenerativeWindows windows;
  gboolean holding; /* buffers, until their windows are measured */
  guint64 sent;     /* frames of the stretch that have passed on, where it is */
} GstScoreFilterPrivate;

GstScoreFilterPrivate *gst_score_filter_private (gpointer self);
/* Tell what `values` are of. FALSE when an error was posted. */
gboolean gst_score_filter_emit (
    GstScoreFilter *self, GstBuffer *buffer, GstClockTime pts, guint nth, const double *values);
/* Decide on what has just been measured by itself, and tell it. */
gboolean gst_score_filter_settle (
    GstScoreFilter *self, GstBuffer *buffer, GstClockTime pts, guint nth);
/* A measurement has begun at `start`, and is done. */
void gst_score_filter_note_run (GstScoreFilter *self, GstClockTime start);

/* --- score-sound.c --- */

/* Sound comes as the format says. */
void gst_score_filter_begin_sound (GstScoreFilter *self);
/* `buffer` comes next: where it does not follow what has come, the stretch ends before it. */
GstFlowReturn gst_score_filter_follow_on (GstScoreFilter *self, GstBuffer *buffer);
/* A buffer that is to pass as it is: measure the windows that end in it. */
GstFlowReturn gst_score_filter_listen (GstScoreFilter *self, GstBuffer *buffer);
/* A buffer whose windows are to be measured first. (transfer full) */
GstFlowReturn gst_score_filter_hold (GstScoreFilter *self, GstBuffer *buffer);
/* Whether the next buffer is such a one. */
gboolean gst_score_filter_is_holding (GstScoreFilter *self);
/* The stretch is over: measure what is left of it, and let it pass or not. */
GstFlowReturn gst_score_filter_end_stretch (GstScoreFilter *self);
/* Nothing of it is wanted any more. */
void gst_score_filter_forget_stretch (GstScoreFilter *self);
