/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How elements lose buffers without a word, and how one knows: a line each in losses.c. Those that
 * are dropped for being late are told on the bus, by any element (messages.h). */
#pragma once

#include "stage.h"

struct _GstTraceLoss {
  const char *factory, *reason;
  gboolean of_balance; /* counted by what came and went, which a flush begins anew */
  guint64 (*count) (GstTraceStage *stage, GstElement *element); /* how many up to now */
};

/* That of the elements of a factory, or NULL. */
const GstTraceLoss *gst_trace_loss_find (const char *factory);
/* Tell what has been lost since the last time. */
void gst_trace_loss_gather (GstTraceStage *stage, GstElement *element);
/* The same when the stream is over, and nothing is on its way any more. */
void gst_trace_loss_gather_last (GstTraceStage *stage);
