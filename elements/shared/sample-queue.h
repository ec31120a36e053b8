/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples that have come and are still needed, one after another in one piece of memory, so that a
 * model reads them where they lie. */
#pragma once

#include <glib.h>

typedef struct {
  guint8 *data;
  gsize room, begin, end;
} GstGeneratorQueue;

void gst_generator_queue_free (GstGeneratorQueue *queue);
/* Nothing is needed any more. */
void gst_generator_queue_clear (GstGeneratorQueue *queue);
/* Room for `size` bytes behind those that are there, which the caller fills. */
guint8 *gst_generator_queue_extend (GstGeneratorQueue *queue, gsize size);
/* The first `size` bytes are not needed any more. */
void gst_generator_queue_drop (GstGeneratorQueue *queue, gsize size);

static inline gsize
gst_generator_queue_size (const GstGeneratorQueue *queue)
{
  return queue->end - queue->begin;
}

static inline guint8 *
gst_generator_queue_first (const GstGeneratorQueue *queue)
{
  return queue->data + queue->begin;
}
