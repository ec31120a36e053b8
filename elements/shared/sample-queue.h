/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples that have come and are still needed, one after another in one piece of memory, so that a
 * model reads them where they lie. */
#pragma once

#include <glib.h>

typedef struct {
  guint8 *data;
  gsize room, begin, end;
} GstGenerativeQueue;

void gst_generative_queue_free (GstGenerativeQueue *queue);
/* Nothing is needed any more. */
void gst_generative_queue_clear (GstGenerativeQueue *queue);
/* Room for `size` bytes behind those that are there, which the caller fills. */
guint8 *gst_generative_queue_extend (GstGenerativeQueue *queue, gsize size);
/* The first `size` bytes are not needed any more. */
void gst_generative_queue_drop (GstGenerativeQueue *queue, gsize size);

static inline gsize
gst_generative_queue_size (const GstGenerativeQueue *queue)
{
  return queue->end - queue->begin;
}

static inline guint8 *
gst_generative_queue_first (const GstGenerativeQueue *queue)
{
  return queue->data + queue->begin;
}
