/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/report.h>
#include <gst/video/gstvideofilter.h>

/**
 * GstScoreFilter: what elements have in common that measure the frames that pass. It has the
 * properties `report` and `post-messages`, tells each frame's measurement (score.h) and at the end
 * of the stream, or when it is stopped before, the summary. Frames pass with their memory
 * untouched: only metas are added.
 */
#define GST_TYPE_SCORE_FILTER (gst_score_filter_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstScoreFilter, gst_score_filter, GST, SCORE_FILTER, GstVideoFilter)

struct _GstScoreFilterClass {
  GstVideoFilterClass parent_class;

  /* Make ready to measure; FALSE when an error was posted. */
  gboolean (*open) (GstScoreFilter *self);
  void (*close) (GstScoreFilter *self);
  /* The fields of a measurement, once it is open. */
  const GenField *(*get_fields) (GstScoreFilter *self, guint *n);
  /* Map a frame for measure; by default for reading, where the CPU does. */
  gboolean (*map) (GstScoreFilter *self, GstVideoFrame *frame, GstBuffer *buffer);
  /* Measure a frame that is mapped: fill `values`, one a field, NaN for what it does
   * not have, GEN_MISSING for what cannot be given. GST_FLOW_OK, GST_BASE_TRANSFORM_FLOW_DROPPED
   * for a frame that shall not pass, or an error that was posted. */
  GstFlowReturn (*measure) (GstScoreFilter *self, const GstVideoFrame *frame, double *values);
  /* What was measured so far (transfer full), or NULL when an error was posted. */
  JsonObject *(*summarise) (GstScoreFilter *self);
};

/* Tell the summary, unless nothing was measured since it was told. */
void gst_score_filter_summarise (GstScoreFilter *self);
