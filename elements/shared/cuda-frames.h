/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the memory of NVIDIA GPUs, as GStreamer's own CUDA elements hand them on: caps with the
 * feature memory:CUDAMemory, a context that all elements of a pipeline share, pools, mapping. Where
 * the plugin is built without gstreamer-cuda there is no context, and so no such frame
 * (cudaframes-none.c). Its headers bring CUDA's types along, which stay in cudaframes.c. */
#pragma once

#include <generative/device.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#define GST_GENERATIVE_CUDA_MEMORY "memory:CUDAMemory"

/* Formats that GStreamer's pools have had since 1.22; grey is not among them. */
#define GST_GENERATIVE_CUDA_FORMATS                                                                \
  "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA, RGBP, BGRP, GBR, NV12, I420 }"

/* For pad templates, behind other caps. */
#ifdef GST_GENERATIVE_HAS_CUDA
#define GST_GENERATIVE_CUDA_CAPS                                                                   \
  "; " GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_GENERATIVE_CUDA_MEMORY, GST_GENERATIVE_CUDA_FORMATS)
#else
#define GST_GENERATIVE_CUDA_CAPS ""
#endif

/* Whether structure `i` of `caps` names that memory, by itself and not as any memory. */
gboolean gst_generative_cuda_in_caps (const GstCaps *caps, guint i);

/* Let `context` be that of the neighbours, or else a new one for the first GPU; as
 * gst_cuda_ensure_element_context does, and with the element's set_context. FALSE where there is
 * none to be had. */
gboolean gst_generative_cuda_ensure_context (GstElement *element, GstObject **context);
/* The part of set_context: takes a CUDA context where there is none yet. */
void gst_generative_cuda_set_context (
    GstElement *element, GstContext *offered, GstObject **context);
/* Answer a context query; FALSE when it asks for something else, or there is no context. */
gboolean gst_generative_cuda_answer (GstElement *element, GstQuery *query, GstObject *context);

/* Make `context` the thread's, and the one before it again. */
gboolean gst_generative_cuda_enter (GstObject *context);
void gst_generative_cuda_leave (void);

/* Let `info`, which is that of `caps`, have the strides and offsets of a pool's frames, where caps
 * are such and `context` is there. */
void gst_generative_cuda_fit_info (GstObject *context, const GstCaps *caps, GstVideoInfo *info);
/* The parts of decide_allocation, which takes the pool that is offered where it is of this context,
 * and of propose_allocation. */
gboolean gst_generative_cuda_decide_pool (GstObject *context, GstQuery *query);
gboolean gst_generative_cuda_propose_pool (GstObject *context, GstQuery *query);

/* Whether the frame in `buffer` lies there, where what works in `context` reaches it. */
gboolean gst_generative_cuda_has_memory (GstObject *context, GstBuffer *buffer);
/* gst_video_frame_map for such a buffer, to be given to a plan: the frame's data are addresses on
 * the device. `fence` becomes what the plan has to wait for (gen_plan_wait), or NULL.
 *
 * From 1.24 on, GStreamer's elements leave work under way in a stream that the memory names:
 *  - a frame to be read is what its writer has put into that stream, once the plan has waited;
 *  - a frame to be written is read no more by who reads it in that stream, once the plan has
 *    waited; who reads it in another one has to be done before letting go of it, as ever;
 *  - a frame that was written is complete when the run returns, and says so: nobody waits for it.
 * Nobody ever waits for the whole device. Before 1.24 frames are complete when they are passed. */
gboolean gst_generative_cuda_map (GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags, GenFence **fence);
