/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each epoch is as long as any other, having the same sounds; where they stand in it is summed up
 * once for the epoch that was asked for last. */
#include "timeline.h"

/* The lock is held. */
static void
set (GstDatasetTimeline *timeline, const GenDataset *dataset, GenSequence *sequence, gsize window)
{
  gen_sequence_free (timeline->sequence);
  g_free (timeline->starts);
  timeline->dataset = dataset;
  timeline->sequence = sequence;
  timeline->window = window;
  timeline->starts = NULL;
  timeline->epoch = G_MAXUINT64;
  if (sequence != NULL && window == 0)
    timeline->starts = g_new (guint64, (gsize)gen_sequence_get_length (sequence) + 1);
}

void
gst_dataset_timeline_init (
    GstDatasetTimeline *timeline, const GenDataset *dataset, GenSequence *sequence, gsize window)
{
  g_mutex_lock (&timeline->lock);
  set (timeline, dataset, sequence, window);
  g_mutex_unlock (&timeline->lock);
}

void
gst_dataset_timeline_clear (GstDatasetTimeline *timeline)
{
  gst_dataset_timeline_init (timeline, NULL, NULL, 0);
}

static void
sum_up (GstDatasetTimeline *timeline, guint64 epoch)
{
  guint32 length = gen_sequence_get_length (timeline->sequence);
  guint64 place = 0;

  if (epoch == timeline->epoch)
    return;
  for (guint32 i = 0; i < length; i++) {
    timeline->starts[i] = place;
    place += gen_dataset_get_length (
        timeline->dataset, gen_sequence_get_item (timeline->sequence, epoch * length + i));
  }
  timeline->starts[length] = place;
  timeline->epoch = epoch;
}

static guint64
find_place (GstDatasetTimeline *timeline, guint64 item)
{
  guint32 length = gen_sequence_get_length (timeline->sequence);

  if (timeline->window > 0)
    return item * timeline->window;
  sum_up (timeline, item / length);
  return item / length * timeline->starts[length] + timeline->starts[item % length];
}

static guint64
find_item (GstDatasetTimeline *timeline, guint64 place)
{
  guint32 length = gen_sequence_get_length (timeline->sequence), low = 0, high = length - 1;
  guint64 epoch;

  if (timeline->window > 0)
    return place / timeline->window;
  if (timeline->epoch == G_MAXUINT64)
    sum_up (timeline, 0);
  epoch = place / timeline->starts[length];
  place %= timeline->starts[length];
  sum_up (timeline, epoch);
  while (low < high) {
    guint32 middle = low + (high - low + 1) / 2;

    if (timeline->starts[middle] <= place)
      low = middle;
    else
      high = middle - 1;
  }
  return epoch * length + low;
}

guint64
gst_dataset_timeline_place (GstDatasetTimeline *timeline, guint64 item)
{
  guint64 place = 0;

  g_mutex_lock (&timeline->lock);
  if (timeline->sequence != NULL)
    place = find_place (timeline, item);
  g_mutex_unlock (&timeline->lock);
  return place;
}

guint64
gst_dataset_timeline_item (GstDatasetTimeline *timeline, guint64 place)
{
  guint64 item = 0;

  g_mutex_lock (&timeline->lock);
  if (timeline->sequence != NULL)
    item = find_item (timeline, place);
  g_mutex_unlock (&timeline->lock);
  return item;
}
