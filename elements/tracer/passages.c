/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long something took is found by time: of what leaves, the running time, which neither an
 * encoder's offset nor a segment changes; and of what came, the one of that time, or where an
 * element cuts anew the last one that began before. */
#include "passages.h"

/* An element that hands on in another order than it took in has what it was made of this near. */
#define REORDERED 16
/* What begins so much later is of something else. */
#define FARTHEST (2 * GST_SECOND)

void
gst_trace_passages_init (GstTracePassages *passages)
{
  for (guint i = 0; i < GST_TRACE_PASSAGES; i++)
    passages->list[i].time = GST_TRACE_NO_TIME;
}

void
gst_trace_passages_add (GstTracePassages *passages, gint64 time, guint64 now)
{
  const guint place = atomic_fetch_add_explicit (&passages->next, 1, memory_order_relaxed);
  GstTracePassage *passage = &passages->list[place % GST_TRACE_PASSAGES];

  atomic_store_explicit (&passage->time, GST_TRACE_NO_TIME, memory_order_relaxed);
  atomic_store_explicit (&passage->entered, now, memory_order_release);
  atomic_store_explicit (&passage->time, time, memory_order_release);
}

/* When a passage of the time `*time` began; FALSE where it is just being written. */
static gboolean
read_passage (GstTracePassage *passage, gint64 *time, guint64 *entered)
{
  *time = atomic_load_explicit (&passage->time, memory_order_acquire);
  *entered = atomic_load_explicit (&passage->entered, memory_order_acquire);
  return *time != GST_TRACE_NO_TIME &&
         *time == atomic_load_explicit (&passage->time, memory_order_relaxed);
}

guint64
gst_trace_passages_find (GstTracePassages *passages, gint64 time)
{
  const guint next = atomic_load_explicit (&passages->next, memory_order_acquire);
  guint64 before = 0;
  guint left = MIN (next, GST_TRACE_PASSAGES);

  for (guint back = 1; left-- > 0; back++) {
    gint64 came;
    guint64 entered;

    if (!read_passage (&passages->list[(next - back) % GST_TRACE_PASSAGES], &came, &entered))
      continue;
    if (came == time)
      return entered;
    if (before != 0 || came > time || time - came > (gint64)FARTHEST)
      continue;
    before = entered;
    left = MIN (left, REORDERED);
  }
  return before;
}
