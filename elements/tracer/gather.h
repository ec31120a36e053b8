/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is looked at from time to time, and not with each buffer: how much waits in queues, what was
 * lost, means of figures, models, and the process. */
#pragma once

#include "stage.h"

void gst_trace_gather (GstTrace *trace);
/* Of one element alone, which is about to stop. What is thrown away then is no loss of its own:
 * that has been told at the end of the stream. */
void gst_trace_gather_last (GstTrace *trace, GstElement *element);
