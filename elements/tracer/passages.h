/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers that have come into an element, as many as may be on their way within it: of what time
 * they are, and when they came. Several threads may add at once, while others look. */
#pragma once

#include <gst/gst.h>
#include <stdatomic.h>

#define GST_TRACE_PASSAGES 256
#define GST_TRACE_NO_TIME G_MININT64

/* `time` is written last, so that whoever reads it twice, the same, knows that `entered` is of it.
 */
typedef struct {
  _Atomic gint64 time; /* running time */
  _Atomic guint64 entered;
} GstTracePassage;

typedef struct {
  _Atomic guint next;
  GstTracePassage list[GST_TRACE_PASSAGES];
} GstTracePassages;

void gst_trace_passages_init (GstTracePassages *passages);
/* What is of `time` has come `now`. */
void gst_trace_passages_add (GstTracePassages *passages, gint64 time, guint64 now);
/* When that which leaves with `time` had come; 0 where nothing is known of it. */
guint64 gst_trace_passages_find (GstTracePassages *passages, gint64 time);
