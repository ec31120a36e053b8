/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers of several tensors, made once and used again as they are. */
#include "tensor-pool.h"

#include "tensors.h"

#define GST_TYPE_GENERATIVE_TENSOR_POOL (gst_generative_tensor_pool_get_type ())
G_DECLARE_FINAL_TYPE (
    GstGenerativeTensorPool, gst_generative_tensor_pool, GST, GENERATIVE_TENSOR_POOL, GstBufferPool)

struct _GstGenerativeTensorPool {
  GstBufferPool parent;
  gsize sizes[GST_GENERATIVE_MAX_TENSORS];
  guint n;
};

G_DEFINE_FINAL_TYPE (GstGenerativeTensorPool, gst_generative_tensor_pool, GST_TYPE_BUFFER_POOL)

static GstFlowReturn
gst_generative_tensor_pool_alloc_buffer (
    GstBufferPool *pool, GstBuffer **buffer, GstBufferPoolAcquireParams *acquire)
{
  GstGenerativeTensorPool *self = GST_GENERATIVE_TENSOR_POOL (pool);
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstAllocator *allocator = NULL;
  GstAllocationParams params;

  gst_allocation_params_init (&params);
  gst_buffer_pool_config_get_allocator (config, &allocator, &params);
  *buffer = gst_buffer_new ();
  for (guint i = 0; i < self->n; i++) {
    GstMemory *memory = gst_allocator_alloc (allocator, self->sizes[i], &params);

    if (memory == NULL) {
      gst_clear_buffer (buffer);
      break;
    }
    gst_buffer_append_memory (*buffer, memory);
  }
  gst_structure_free (config);
  return *buffer != NULL ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static void
gst_generative_tensor_pool_class_init (GstGenerativeTensorPoolClass *klass)
{
  GST_BUFFER_POOL_CLASS (klass)->alloc_buffer = gst_generative_tensor_pool_alloc_buffer;
}

static void
gst_generative_tensor_pool_init (GstGenerativeTensorPool *self)
{
}

GstBufferPool *
gst_generative_tensor_pool_new (const gsize *sizes, guint n)
{
  GstGenerativeTensorPool *self = g_object_new (GST_TYPE_GENERATIVE_TENSOR_POOL, NULL);

  g_return_val_if_fail (n <= GST_GENERATIVE_MAX_TENSORS, NULL);
  for (guint i = 0; i < n; i++)
    self->sizes[i] = sizes[i];
  self->n = n;
  gst_object_ref_sink (self);
  return GST_BUFFER_POOL (self);
}
