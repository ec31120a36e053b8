/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allocation.h"

/* Kernels want numbers aligned. */
#define ALIGNMENT 63

void
gst_generator_allocation_decide (const GstGeneratorPlay *play, GstQuery *query)
{
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;

  gst_allocation_params_init (&params);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  params.align = MAX (params.align, ALIGNMENT);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_set_nth_allocation_param (query, 0, allocator, &params);
  else
    gst_query_add_allocation_param (query, allocator, &params);

  while (gst_query_get_n_allocation_pools (query) > 0) {
    g_autoptr (GstBufferPool) pool = NULL;
    guint size, min, max;

    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
    /* A run would wait for ever for buffers that a smaller one does not have. */
    if (max == 0 || max > play->batch) {
      gst_query_set_nth_allocation_pool (query, 0, pool, MAX (size, (guint)play->bytes), min, max);
      return;
    }
    gst_query_remove_nth_allocation_pool (query, 0);
  }
}

/* One of the pool's, where there is a pool and it makes them large enough. */
static GstFlowReturn
acquire (GstGeneratorPlay *play, gsize size, GstBuffer **buffer)
{
  g_autoptr (GstBufferPool) pool = gst_base_transform_get_buffer_pool (play->base);
  GstFlowReturn flow;

  if (pool == NULL)
    return GST_FLOW_OK;
  if (!gst_buffer_pool_set_active (pool, TRUE)) {
    GST_ELEMENT_ERROR (play->base, RESOURCE, SETTINGS,
        ("The pool that the next element offers cannot be started"), (NULL));
    return GST_FLOW_ERROR;
  }
  flow = gst_buffer_pool_acquire_buffer (pool, buffer, NULL);
  if (flow != GST_FLOW_OK)
    return flow;
  if (gst_buffer_get_size (*buffer) < size)
    gst_clear_buffer (buffer);
  else
    gst_buffer_set_size (*buffer, (gssize)size);
  return GST_FLOW_OK;
}

GstFlowReturn
gst_generator_allocation_new (GstGeneratorPlay *play, gsize size, GstBuffer **buffer)
{
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;
  GstFlowReturn flow;

  *buffer = NULL;
  flow = acquire (play, size, buffer);
  if (flow != GST_FLOW_OK || *buffer != NULL)
    return flow;
  gst_base_transform_get_allocator (play->base, &allocator, &params);
  *buffer = gst_buffer_new_allocate (allocator, size, &params);
  if (*buffer != NULL)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (play->base, RESOURCE, NO_SPACE_LEFT,
      ("There is no memory for a buffer of %" G_GSIZE_FORMAT " bytes", size), (NULL));
  return GST_FLOW_ERROR;
}
