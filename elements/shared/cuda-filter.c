/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cuda-filter.h"

gboolean
gst_generative_cuda_filter_has (const GstCaps *caps)
{
  for (guint i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++)
    if (gst_generative_cuda_in_caps (caps, i))
      return TRUE;
  return FALSE;
}

GstCaps *
gst_generative_cuda_filter_remove (GstCaps *caps)
{
  caps = gst_caps_make_writable (caps);
  for (guint i = gst_caps_get_size (caps); i > 0; i--)
    if (gst_generative_cuda_in_caps (caps, i - 1))
      gst_caps_remove_structure (caps, i - 1);
  return caps;
}

gboolean
gst_generative_cuda_filter_asked (GstQuery *query, GstObject *context)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  return context != NULL && caps != NULL && gst_generative_cuda_filter_has (caps);
}

GstBuffer *
gst_generative_cuda_filter_writable (GstBaseTransform *base, GstBuffer *buffer)
{
  GstBuffer *copy;

  if (gst_base_transform_is_passthrough (base) ||
      (gst_buffer_is_writable (buffer) && gst_buffer_is_all_memory_writable (buffer)))
    return buffer;
  copy = gst_buffer_copy_deep (buffer);
  gst_buffer_unref (buffer);
  return copy;
}

/* --- the device --- */

void
gst_generative_cuda_filter_set_context (GstGenerativeCudaFilter *filter, GstContext *context)
{
  gst_generative_cuda_set_context (filter->element, context, &filter->context);
}

gboolean
gst_generative_cuda_filter_answer (GstGenerativeCudaFilter *filter, GstQuery *query)
{
  return gst_generative_cuda_answer (filter->element, query, filter->context);
}

gboolean
gst_generative_cuda_filter_open (GstGenerativeCudaFilter *filter)
{
  return gst_generative_cuda_ensure_context (filter->element, &filter->context);
}

gboolean
gst_generative_cuda_filter_holds (GstGenerativeCudaFilter *filter, GstBuffer *buffer)
{
  return filter->context != NULL && gst_generative_cuda_has_memory (filter->context, buffer);
}

GstFlowReturn
gst_generative_cuda_filter_change (GstGenerativeCudaFilter *filter, const GstVideoInfo *info,
    GstBuffer *buffer, GstGenerativeCudaFilterChange change, gpointer data, const char *changed)
{
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;
  GenFence *fence;

  if (!gst_generative_cuda_map (&frame, info, buffer, GST_MAP_READWRITE, &fence)) {
    GST_ELEMENT_ERROR (filter->element, STREAM, FORMAT,
        ("a buffer in CUDA memory is smaller than its caps say"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (gst_generative_cuda_enter (filter->context)) {
    change (data, &frame, fence, &error);
    gst_generative_cuda_leave ();
  } else {
    g_set_error_literal (&error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "the context of its memory cannot be entered");
  }
  gst_video_frame_unmap (&frame);
  if (error == NULL)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (filter->element, RESOURCE, FAILED,
      ("a frame in CUDA memory cannot be %s there: %s", changed, error->message), (NULL));
  return GST_FLOW_ERROR;
}
