/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of the two streams that qualitycompare compares: its buffers with their times, of which some
 * may be held while it is not known yet what belongs to what. */
#pragma once

#include <gst/base/gstaggregator.h>

#include "../shared/score-filter.h"

/* A buffer and when it is shown or heard. */
typedef struct {
  GstBuffer *buffer; /* NULL: there is none */
  gint64 time;       /* running time, which may be below 0 */
  gint64 duration;   /* 0: not known */
} GstQualityMoment;

void gst_quality_moment_clear (GstQualityMoment *moment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstQualityMoment, gst_quality_moment_clear)

typedef struct {
  GstAggregatorPad *pad; /* not owned: it is the element's */
  gboolean has_format;
  GstScoreFormat format;
  gint64 interval; /* between frames of a video, by its caps; 0: not known */
  gint64 next;     /* when a buffer comes that does not say it */
  GQueue held;     /* of GstQualityMoment: taken from the pad, and not from here */
} GstQualitySide;

/* Read what comes from now on off `caps`; FALSE where they are none that can be compared. */
gboolean gst_quality_side_set_caps (GstQualitySide *side, const GstCaps *caps);
/* Forget all that came; what comes begins at time 0 where it does not say when. */
void gst_quality_side_flush (GstQualitySide *side);
/* The next buffer, which stays; FALSE where there is none yet, or none any more. */
gboolean gst_quality_side_peek (GstQualitySide *side, GstQualityMoment *moment);
/* The same, and it goes. */
gboolean gst_quality_side_take (GstQualitySide *side, GstQualityMoment *moment);
/* Move the pad's next buffer to those that are held; FALSE where it has none. */
gboolean gst_quality_side_hold (GstQualitySide *side);
/* Whether nothing comes any more. */
gboolean gst_quality_side_is_over (GstQualitySide *side);
/* Whether a buffer stands for a gap in the stream. */
gboolean gst_quality_moment_is_gap (const GstQualityMoment *moment);
