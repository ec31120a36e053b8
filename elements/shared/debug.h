/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/plan.h>
#include <gst/gst.h>

/* What all elements need to say what they do. Each has a debug category of its own name: INFO is
 * for what happens once a stream, DEBUG for its details, LOG for each frame. */

/* The category "generative", for what several elements do in the same way, and in which the
 * library's own messages appear. */
GST_DEBUG_CATEGORY_EXTERN (gst_generative_debug);
void gst_generative_debug_init (void);

/* "cpu, precision tf32, kernels measured, 4 threads". (transfer full) */
char *gst_generative_describe_options (const GenPlanOptions *options);
/* The time to measure from where the category logs frames, else 0: what nobody reads costs
 * nothing. */
static inline gint64
gst_generative_log_clock (GstDebugCategory *category)
{
#ifndef GST_DISABLE_GST_DEBUG
  if (G_UNLIKELY (GST_LEVEL_LOG <= _gst_debug_min) &&
      gst_debug_category_get_threshold (category) >= GST_LEVEL_LOG)
    return g_get_monotonic_time ();
#endif
  return 0;
}

/* Milliseconds since `began`. */
static inline double
gst_generative_since (gint64 began)
{
  return (double)(g_get_monotonic_time () - began) / 1e3;
}

/* What identifies a buffer in a log: its number, where it has one, and its time. */
#define GST_GENERATIVE_FRAME_FORMAT "frame %" G_GINT64_FORMAT ", pts %" GST_TIME_FORMAT
#define GST_GENERATIVE_FRAME_ARGS(buffer)                                                          \
  (gint64) GST_BUFFER_OFFSET (buffer), GST_TIME_ARGS (GST_BUFFER_PTS (buffer))
