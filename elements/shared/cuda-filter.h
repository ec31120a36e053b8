/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filters share that change frames in CUDA memory in place. */
#pragma once

#include <gst/base/gstbasetransform.h>

#include "cuda-frames.h"

/* Formats of GStreamer's pools whose planes are luma, or all of a frame's colours. */
#define GST_GENERATIVE_CUDA_FILTER_FORMATS "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA, NV12, I420 }"

/* In front of other caps, of pad templates, as what is there had better stay. */
#ifdef GST_GENERATIVE_HAS_CUDA
#define GST_GENERATIVE_CUDA_FILTER_CAPS                                                            \
  GST_VIDEO_CAPS_MAKE_WITH_FEATURES (                                                              \
      GST_GENERATIVE_CUDA_MEMORY, GST_GENERATIVE_CUDA_FILTER_FORMATS)                              \
  "; "
#else
#define GST_GENERATIVE_CUDA_FILTER_CAPS ""
#endif

/* What such a filter has of the device. */
typedef struct {
  GstElement *element;
  GstObject *context; /* under the element's object lock; NULL: none */
} GstGenerativeCudaFilter;

/* The parts of set_context and of answering a context query, whose FALSE says that it asks for
 * something else, or that there is no context. */
void gst_generative_cuda_filter_set_context (GstGenerativeCudaFilter *filter, GstContext *context);
gboolean gst_generative_cuda_filter_answer (GstGenerativeCudaFilter *filter, GstQuery *query);
/* Have a context, which is the neighbours' where they have one; FALSE when there is none to be had.
 */
gboolean gst_generative_cuda_filter_open (GstGenerativeCudaFilter *filter);
/* Whether the frame in `buffer` lies in the context's memory. */
gboolean gst_generative_cuda_filter_holds (GstGenerativeCudaFilter *filter, GstBuffer *buffer);
/* What is done to a frame, in the context: behind `fence`, which the plan waits for. */
typedef gboolean (*GstGenerativeCudaFilterChange) (
    gpointer data, GstVideoFrame *frame, GenFence *fence, GError **error);
/* Do it to a frame there, in place. What goes wrong is posted: that it cannot be `changed`. */
GstFlowReturn gst_generative_cuda_filter_change (GstGenerativeCudaFilter *filter,
    const GstVideoInfo *info, GstBuffer *buffer, GstGenerativeCudaFilterChange change,
    gpointer data, const char *changed);

/* Whether any structure of `caps` names that memory. */
gboolean gst_generative_cuda_filter_has (const GstCaps *caps);
/* `caps` without those structures. (transfer full, both) */
GstCaps *gst_generative_cuda_filter_remove (GstCaps *caps);
/* Whether an allocation query is about frames there, and there is a context for them. */
gboolean gst_generative_cuda_filter_asked (GstQuery *query, GstObject *context);
/* The part of submit_input_buffer for frames there: a buffer to write to, which the base class
 * would copy by mapping both. (transfer full, both) */
GstBuffer *gst_generative_cuda_filter_writable (GstBaseTransform *base, GstBuffer *buffer);
