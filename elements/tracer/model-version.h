/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stage.h"

/* Of files that have been read. Whoever gathers has it alone. */
GHashTable *gst_trace_versions_new (void);

/* Tell which model an element plays, where that is a new one. */
void gst_trace_model_gather (GstTraceStage *stage, GstElement *element);
