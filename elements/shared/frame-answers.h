/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesrc.h>

/* What a source of numbered frames at a constant rate answers when it is asked for its length, for
 * places in it, for its latency, and whether a seek can be followed. */

typedef struct {
  /* Frames a second: 0 / 1 for frames without times, 0 / 0 before caps are known. */
  int numerator, denominator;
  gsize size;    /* bytes of a frame; 0: they say nothing */
  guint64 count; /* frames there are, or will be; 0: endless */
} GstFrameAnswers;

/* A place in another format; FALSE where the two cannot be compared. */
gboolean gst_frame_answers_convert (
    const GstFrameAnswers *answers, GstFormat from, gint64 value, GstFormat to, gint64 *result);

/* Answer `query` where its kind is one of those above: `handled` becomes TRUE, and what is returned
 * is what GstBaseSrc::query returns. */
gboolean gst_frame_answers_query (
    const GstFrameAnswers *answers, GstBaseSrc *base, GstQuery *query, gboolean *handled);

/* Whether the seek `event` can be followed. It is asked before anything is flushed, so that one
 * that cannot leaves the stream as it is. */
gboolean gst_frame_answers_can_seek (
    const GstFrameAnswers *answers, GstBaseSrc *base, GstEvent *event);

/* Where a seek that has been made begins: the segment's position, or its end where it is played
 * backwards, which becomes the stream's where none was named or one behind it. */
GstClockTime gst_frame_answers_begin (const GstFrameAnswers *answers, GstSegment *segment);
