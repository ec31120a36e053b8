/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of datasetsrc share: datasetsrc.c (properties, start and stop),
 * datasetsrc-negotiate.c (caps, memory) and datasetsrc-stream.c (time, seeking, frames). */
#pragma once

#include <generative/dataset.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

#define GST_TYPE_DATASET_SRC (gst_dataset_src_get_type ())
G_DECLARE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST, DATASET_SRC, GstPushSrc)

struct _GstDatasetSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  char *location;
  GenDatasetSettings tiles;
  GenSequenceSettings order;
  guint epochs;
  GenFit fit;
  int threads;
  guint skipped;
  /* Under the object lock, since unlock comes from another thread. */
  GenLoader *loader;
  gboolean flushing;

  /* The streaming thread's. */
  GenDataset *dataset;
  GenSequence *sequence;
  guint64 frames; /* in all epochs; 0: endless */
  GstVideoInfo info;
  gboolean negotiated;     /* `info` says something */
  guint64 frame;           /* the next one */
  gboolean reverse, ended; /* playing backwards; frame 0 has been played so */
  guint32 length;          /* frames in an epoch, those without a picture included */
  guint32 bad_in_a_row;    /* frames without a picture */
  gboolean epoch_ended;    /* to be told before the next frame */
  gboolean length_told;    /* how many pictures an epoch has, as it is known now */
  gboolean moved;          /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
};

/* The parent's functions, for overrides that go on with them. */
GstBaseSrcClass *gst_dataset_src_get_parent_class (void);

/* --- datasetsrc-negotiate.c --- */

GstCaps *gst_dataset_src_fixate (GstBaseSrc *base, GstCaps *caps);
gboolean gst_dataset_src_set_caps (GstBaseSrc *base, GstCaps *caps);
gboolean gst_dataset_src_decide_allocation (GstBaseSrc *base, GstQuery *query);

/* --- datasetsrc-stream.c --- */

/* Put another loader, or none, in the place of the one that there is. */
void gst_dataset_src_set_loader (GstDatasetSrc *self, GenLoader *loader);
/* Let the loader go on at `frame`, in the direction of play. */
void gst_dataset_src_place_loader (GstDatasetSrc *self);
gboolean gst_dataset_src_unlock (GstBaseSrc *base);
gboolean gst_dataset_src_unlock_stop (GstBaseSrc *base);
gboolean gst_dataset_src_query (GstBaseSrc *base, GstQuery *query);
gboolean gst_dataset_src_event (GstBaseSrc *base, GstEvent *event);
gboolean gst_dataset_src_is_seekable (GstBaseSrc *base);
gboolean gst_dataset_src_do_seek (GstBaseSrc *base, GstSegment *segment);
GstFlowReturn gst_dataset_src_fill (GstPushSrc *push, GstBuffer *buffer);
