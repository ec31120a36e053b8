/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-queue.h"

#include <string.h>

void
gst_generative_queue_free (GstGenerativeQueue *queue)
{
  g_free (queue->data);
  *queue = (GstGenerativeQueue){ 0 };
}

void
gst_generative_queue_clear (GstGenerativeQueue *queue)
{
  queue->begin = queue->end = 0;
}

/* Twice as much room as is needed: what is left moves to its beginning once in that many bytes. */
static void
make_room (GstGenerativeQueue *queue, gsize size)
{
  const gsize left = gst_generative_queue_size (queue);

  if (2 * (left + size) > queue->room) {
    guint8 *data = g_malloc (2 * (left + size));

    if (left > 0)
      memcpy (data, gst_generative_queue_first (queue), left);
    g_free (queue->data);
    queue->data = data;
    queue->room = 2 * (left + size);
  } else if (left > 0) {
    memmove (queue->data, gst_generative_queue_first (queue), left);
  }
  queue->begin = 0;
  queue->end = left;
}

guint8 *
gst_generative_queue_extend (GstGenerativeQueue *queue, gsize size)
{
  if (queue->end + size > queue->room)
    make_room (queue, size);
  queue->end += size;
  return queue->data + queue->end - size;
}

void
gst_generative_queue_drop (GstGenerativeQueue *queue, gsize size)
{
  queue->begin += size;
  if (queue->begin == queue->end)
    gst_generative_queue_clear (queue);
}
