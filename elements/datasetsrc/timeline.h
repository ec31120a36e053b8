/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/dataset.h>

/* Where sounds of different lengths stand in a stream that has no gaps, epoch after epoch: a
 * function of the sequence, so that any place is found without what lies before it. Frames of the
 * sequence are called items here, since sounds have frames of their own. */

typedef struct {
  GMutex lock; /* of all below: places are asked for from any thread */
  const GenDataset *dataset;
  GenSequence *sequence; /* its own: it keeps the order of an epoch */
  gsize window;          /* that all have; 0: their lengths differ */
  guint64 *starts;       /* of the items of `epoch`, and the end of the last */
  guint64 epoch;
} GstDatasetTimeline;

/* Over a dataset that was cut, in the place of what it was before; the sequence becomes the
 * timeline's. One that is all zeros is empty. */
void gst_dataset_timeline_init (
    GstDatasetTimeline *timeline, const GenDataset *dataset, GenSequence *sequence, gsize window);
void gst_dataset_timeline_clear (GstDatasetTimeline *timeline);
/* How many frames of sound there are before item number `item` of the stream. */
guint64 gst_dataset_timeline_place (GstDatasetTimeline *timeline, guint64 item);
/* The item that has the frame of sound `place`. */
guint64 gst_dataset_timeline_item (GstDatasetTimeline *timeline, guint64 place);
