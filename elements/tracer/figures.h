/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures that elements write to buffers (shared/score.h), as means over a window. Elements that
 * follow each other add to the same meta: those of an element are what was not there before. */
#pragma once

#include "stage.h"

/* A buffer comes in, and goes out with what was measured. */
void gst_trace_figures_enter (GstTraceStage *stage, GstBuffer *buffer);
void gst_trace_figures_leave (GstTraceStage *stage, GstBuffer *buffer);
/* An interval is over. */
void gst_trace_figures_gather (GstTraceStage *stage);
void gst_trace_figures_clear (GstTraceStage *stage);
