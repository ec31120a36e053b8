/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin without gstreamer-cuda: no element ever gets a context, and frames are the system's. */
#include "cuda-frames.h"

gboolean
gst_generative_cuda_in_caps (const GstCaps *caps, guint i)
{
  return FALSE;
}

gboolean
gst_generative_cuda_ensure_context (GstElement *element, GstObject **context)
{
  return FALSE;
}

void
gst_generative_cuda_set_context (GstElement *element, GstContext *offered, GstObject **context)
{
}

gboolean
gst_generative_cuda_answer (GstElement *element, GstQuery *query, GstObject *context)
{
  return FALSE;
}

gboolean
gst_generative_cuda_enter (GstObject *context)
{
  return FALSE;
}

void
gst_generative_cuda_leave (void)
{
}

void
gst_generative_cuda_fit_info (GstObject *context, const GstCaps *caps, GstVideoInfo *info)
{
}

gboolean
gst_generative_cuda_decide_pool (GstObject *context, GstQuery *query)
{
  return FALSE;
}

gboolean
gst_generative_cuda_propose_pool (GstObject *context, GstQuery *query)
{
  return FALSE;
}

gboolean
gst_generative_cuda_has_memory (GstObject *context, GstBuffer *buffer)
{
  return FALSE;
}

gboolean
gst_generative_cuda_map (GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags, GenFence **fence)
{
  return FALSE;
}
