/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of qualitymeter share: qualitymeter.c (properties), open.c (the meter and what it
 * compares with), negotiate.c (what passes) and run.c (frames and windows). */
#pragma once

#include "../shared/score-filter.h"
#include "../shared/scorers.h"

#include <generative/examples.h>
#include <generative/metric.h>

#define GST_TYPE_QUALITY_METER (gst_quality_meter_get_type ())
G_DECLARE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST, QUALITY_METER, GstScoreFilter)

struct _GstQualityMeter {
  GstScoreFilter parent;

  /* Properties, under the object lock; strings are read when the element starts. */
  char *metrics, *reference, *embedder, *resizing, *save_statistics, *brisque_model, *niqe_model,
      *scorer, *language_model;
  GenDatasetSettings sheet;
  GenFit reference_fit;
  guint tile_width, tile_height, interval, n_examples;
  double window, hop, recent;
  gboolean classes;
  guint64 seed;

  /* From open to close. */
  const GenMedium *medium; /* of the meter */
  GenFeatures *features;
  GPtrArray *scorers;        /* of the meter */
  GenDataset *dataset;       /* the reference's samples, */
  GenStatistics statistics;  /* or their statistics */
  GCancellable *cancellable; /* of reading the reference */
  GenMeter *meter;
  GenFormat format;      /* of the samples that the meter has seen; without a medium: none */
  guint64 frame;         /* the next one, or the next window */
  GenExamples *examples; /* NULL: none are kept */
  gboolean told_not_finite, told_no_numbers; /* the latter of texts that are none, too */
  gboolean told_odd_label;
  gboolean by_class, labelled; /* classes are measured; and something had one */
  float *samples;              /* of a sound, as numbers */
  gsize n_samples;
};

/* --- open.c --- */

gboolean gst_quality_meter_open (GstScoreFilter *filter);
void gst_quality_meter_close (GstScoreFilter *filter);
/* Measure `medium` from now on; what was measured before is summed up. FALSE when an error was
 * posted. */
gboolean gst_quality_meter_begin_anew (GstQualityMeter *self, const GenMedium *medium);
const GenField *gst_quality_meter_get_fields (GstScoreFilter *filter, guint *n);
JsonObject *gst_quality_meter_summarise (GstScoreFilter *filter);
/* Errors of the settings name the property that is to be changed; those of other domains than the
 * metrics' come from computing the features. */
void gst_quality_meter_post_error (GstQualityMeter *self, const GError *error);

/* --- examples.c --- */

/* They are kept in the report alone: warn where there is none. */
void gst_quality_meter_check_examples (GstQualityMeter *self);
/* Keep examples of what is measured from now on, where they are wanted and can be encoded. */
void gst_quality_meter_begin_examples (GstQualityMeter *self);
/* Write those that were kept. */
void gst_quality_meter_save_examples (GstQualityMeter *self);

/* --- negotiate.c --- */

gboolean gst_quality_meter_set_format (
    GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *passing);
void gst_quality_meter_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop);

/* --- run.c --- */

void gst_quality_meter_interrupt (GstScoreFilter *filter);
void gst_quality_meter_follow (
    GstScoreFilter *filter, GstBuffer *buffer, gconstpointer samples, guint64 frames);
/* Classes were asked for, and nothing had any: warn. */
void gst_quality_meter_notice_no_labels (GstQualityMeter *self);
GstFlowReturn gst_quality_meter_measure (
    GstScoreFilter *filter, GstScoreFrame *frame, double *values);
