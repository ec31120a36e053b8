/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stage.h"

/* What elements say on the bus: errors and warnings, buffers that came too late, how a training
 * goes, new models, gates that close, alerts. `element` posts; what a bin hands on is passed over.
 */
void gst_trace_message (GstTrace *trace, GstElement *element, GstMessage *message);
