/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cuda-frames.h"

#ifdef HAVE_GSTCUDA_H
#include <gst/cuda/gstcuda.h>
#else
#include <gst/cuda/gstcudabufferpool.h>
#include <gst/cuda/gstcudacontext.h>
#include <gst/cuda/gstcudaloader.h>
#include <gst/cuda/gstcudamemory.h>
#include <gst/cuda/gstcudautils.h>
#endif

/* --- the context --- */

gboolean
gst_generative_cuda_in_caps (const GstCaps *caps, guint i)
{
  GstCapsFeatures *features = gst_caps_get_features (caps, i);

  return features != NULL && !gst_caps_features_is_any (features) &&
         gst_caps_features_contains (features, GST_GENERATIVE_CUDA_MEMORY);
}

gboolean
gst_generative_cuda_ensure_context (GstElement *element, GstObject **context)
{
  if (!gst_cuda_load_library ())
    return FALSE;
  gst_cuda_memory_init_once ();
  return gst_cuda_ensure_element_context (element, -1, (GstCudaContext **)context);
}

void
gst_generative_cuda_set_context (GstElement *element, GstContext *offered, GstObject **context)
{
  gst_cuda_handle_set_context (element, offered, -1, (GstCudaContext **)context);
}

gboolean
gst_generative_cuda_answer (GstElement *element, GstQuery *query, GstObject *context)
{
  return context != NULL &&
         gst_cuda_handle_context_query (element, query, GST_CUDA_CONTEXT (context));
}

gboolean
gst_generative_cuda_enter (GstObject *context)
{
  return gst_cuda_context_push (GST_CUDA_CONTEXT (context));
}

void
gst_generative_cuda_leave (void)
{
  gst_cuda_context_pop (NULL);
}

/* --- pools --- */

/* What the next users do with a pool's frames is to have a stream, or else it would be done in the
 * default one, for which all others wait. A pool of theirs brings its own. */
static void
give_stream (GstBufferPool *pool, GstStructure *config)
{
#ifdef HAVE_GST_CUDA_STREAM
  GstCudaStream *stream = gst_buffer_pool_config_get_cuda_stream (config);

  if (stream == NULL)
    stream = gst_cuda_stream_new (GST_CUDA_BUFFER_POOL (pool)->context);
  if (stream != NULL)
    gst_buffer_pool_config_set_cuda_stream (config, stream);
  gst_clear_cuda_stream (&stream);
#endif
}

/* Let `pool` make frames of `caps`; `size` becomes that of a buffer. */
static gboolean
configure (GstBufferPool *pool, GstCaps *caps, guint *size, guint min, guint max)
{
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, caps, *size, min, max);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  give_stream (pool, config);
  if (!gst_buffer_pool_set_config (pool, config))
    return FALSE;
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_get_params (config, NULL, size, NULL, NULL);
  gst_structure_free (config);
  return TRUE;
}

void
gst_generative_cuda_fit_info (GstObject *context, const GstCaps *caps, GstVideoInfo *info)
{
  g_autoptr (GstBufferPool) pool = NULL;
  g_autoptr (GstBuffer) buffer = NULL;
  guint size = (guint)GST_VIDEO_INFO_SIZE (info);
  const GstVideoMeta *meta;

  if (context == NULL || !gst_generative_cuda_in_caps (caps, 0))
    return;
  pool = gst_cuda_buffer_pool_new (GST_CUDA_CONTEXT (context));
  if (!configure (pool, (GstCaps *)caps, &size, 0, 0) || !gst_buffer_pool_set_active (pool, TRUE))
    return;
  if (gst_buffer_pool_acquire_buffer (pool, &buffer, NULL) == GST_FLOW_OK &&
      (meta = gst_buffer_get_video_meta (buffer)) != NULL)
    for (guint p = 0; p < meta->n_planes; p++) {
      info->stride[p] = meta->stride[p];
      info->offset[p] = meta->offset[p];
    }
  g_clear_pointer (&buffer, gst_buffer_unref);
  gst_buffer_pool_set_active (pool, FALSE);
}

gboolean
gst_generative_cuda_decide_pool (GstObject *context, GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = NULL;
  guint size = 0, min = 0, max = 0;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;
  GstVideoInfo info;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (pool != NULL && (!GST_IS_CUDA_BUFFER_POOL (pool) ||
                          (GstObject *)GST_CUDA_BUFFER_POOL (pool)->context != context))
    g_clear_object (&pool);
  if (pool == NULL) {
    if (!gst_video_info_from_caps (&info, caps))
      return FALSE;
    pool = gst_cuda_buffer_pool_new (GST_CUDA_CONTEXT (context));
    size = (guint)GST_VIDEO_INFO_SIZE (&info);
  }
  if (!configure (pool, caps, &size, min, max))
    return FALSE;
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  return TRUE;
}

gboolean
gst_generative_cuda_propose_pool (GstObject *context, GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = gst_cuda_buffer_pool_new (GST_CUDA_CONTEXT (context));
  GstVideoInfo info;
  GstCaps *caps;
  guint size;

  gst_query_parse_allocation (query, &caps, NULL);
  if (caps == NULL || !gst_video_info_from_caps (&info, caps))
    return FALSE;
  size = (guint)GST_VIDEO_INFO_SIZE (&info);
  if (!configure (pool, caps, &size, 0, 0))
    return FALSE;
  gst_query_add_allocation_pool (query, pool, size, 0, 0);
  return TRUE;
}

/* --- frames --- */

gboolean
gst_generative_cuda_has_memory (GstObject *context, GstBuffer *buffer)
{
  GstMemory *memory;

  if (gst_buffer_n_memory (buffer) != 1)
    return FALSE;
  memory = gst_buffer_peek_memory (buffer, 0);
  return gst_is_cuda_memory (memory) &&
         (GstObject *)GST_CUDA_MEMORY_CAST (memory)->context == context;
}

gboolean
gst_generative_cuda_map (GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags, GenFence **fence)
{
#ifdef HAVE_GST_CUDA_STREAM
  GstCudaMemory *memory = GST_CUDA_MEMORY_CAST (gst_buffer_peek_memory (buffer, 0));
  GstCudaStream *own = gst_cuda_memory_get_stream (memory);
#endif

  *fence = NULL;
  if (!gst_video_frame_map (frame, (GstVideoInfo *)info, buffer, flags | GST_MAP_CUDA))
    return FALSE;
#ifdef HAVE_GST_CUDA_STREAM
  if (own != NULL && (flags & GST_MAP_WRITE ||
                         GST_MEMORY_FLAG_IS_SET (memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC)))
    *fence = (GenFence *)gst_cuda_stream_get_handle (own);
  /* Mapping has said that there will be work in the stream, but that will be the plan's. */
  if (flags & GST_MAP_WRITE)
    GST_MEMORY_FLAG_UNSET (memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC);
#endif
  return TRUE;
}
