/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-queue.h"

#include <string.h>

void
gst_generator_queue_free (GstGeneratorQueue *queue)
{
  g_free (queue->data);
  *queue = (GstGeneratorQueue){ 0 };
}

void
gst_generator_queue_clear (GstGeneratorQueue *queue)
{
  queue->begin = queue->end = 0;
}

/* Twice as much room as is needed: what is left moves to its beginning once in that many bytes. */
static void
make_room (GstGeneratorQueue *queue, gsize size)
{
  const gsize left = gst_generator_queue_size (queue);

  if (2 * (left + size) > queue->room) {
    guint8 *data = g_malloc (2 * (left + size));

    if (left > 0)
      memcpy (data, gst_generator_queue_first (queue), left);
    g_free (queue->data);
    queue->data = data;
    queue->room = 2 * (left + size);
  } else if (left > 0) {
    memmove (queue->data, gst_generator_queue_first (queue), left);
  }
  queue->begin = 0;
  queue->end = left;
}

guint8 *
gst_generator_queue_extend (GstGeneratorQueue *queue, gsize size)
{
  if (queue->end + size > queue->room)
    make_room (queue, size);
  queue->end += size;
  return queue->data + queue->end - size;
}

void
gst_generator_queue_drop (GstGeneratorQueue *queue, gsize size)
{
  queue->begin += size;
  if (queue->begin == queue->end)
    gst_generator_queue_clear (queue);
}
