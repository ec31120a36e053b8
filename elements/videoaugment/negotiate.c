/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which frames are taken: all kinds in the system's memory, and in CUDA memory those for which
 * there is a kernel of all that properties ask for. */
#include "../shared/interlaced.h"

#include "device.h"
#include "videoaugment.h"

#define GST_CAT_DEFAULT video_augment_debug

/* FALSE where nothing is done on a device, whatever the amounts are; `settings` is what is. */
static gboolean
may_be_on_device (GstVideoAugment *self, GenAugmentSettings *settings)
{
  gboolean may;

  GST_OBJECT_LOCK (self);
  *settings = self->settings;
  may = self->policy_name == NULL && self->mix.mixing == NULL;
  GST_OBJECT_UNLOCK (self);
  return may && gen_device_cuda.available (NULL);
}

GstCaps *
gst_video_augment_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  GstCaps *result = GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
                        ->transform_caps (base, direction, caps, filter);
  GenAugmentSettings settings;

  /* Linking does not fail, as it could not tell why. */
  if (GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (base)) &&
      gst_generative_cuda_filter_has (result)) {
    const gboolean may = may_be_on_device (self, &settings);

    result = gst_video_augment_device_only (result, may ? &settings : NULL);
  }
  return gst_generative_only_progressive (base, direction, result);
}

/* What stands in the way of frames in CUDA memory. */
static void
explain_device (GstVideoAugment *self, GstQuery *query)
{
  GstCaps *offered = NULL, *result;
  GenAugmentSettings settings;
  const char *what;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return;
  gst_query_parse_caps (query, &offered);
  gst_query_parse_caps_result (query, &result);
  if (offered == NULL || result == NULL || !gst_caps_is_empty (result) ||
      !gst_generative_cuda_filter_has (offered) || self->said_no_kernel)
    return;
  what = may_be_on_device (self, &settings) ? gst_video_augment_device_lacks (&settings, TRUE)
         : self->policy_name != NULL        ? "policy"
         : self->mix.mixing != NULL         ? "mix"
                                            : NULL;
  if (what == NULL)
    return;
  self->said_no_kernel = TRUE;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("%s has no kernel for frames in CUDA memory of that format: put cudadownload in front",
          what),
      ("offered %" GST_PTR_FORMAT, (void *)offered));
}

gboolean
gst_video_augment_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  gboolean answered;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT &&
      gst_generative_cuda_filter_answer (&self->device.filter, query))
    return TRUE;
  answered = GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
                 ->query (base, direction, query);
  if (!answered || direction != GST_PAD_SINK)
    return answered;
  gst_generative_explain_interlaced (GST_ELEMENT (base), query);
  if (GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (base)))
    explain_device (self, query);
  return TRUE;
}

gboolean
gst_video_augment_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (filter);

  self->on_device = gst_generative_cuda_in_caps (in_caps, 0);
  if (self->on_device && !gst_generative_cuda_filter_open (&self->device.filter)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("frames are in CUDA memory, but there is no CUDA context to be had"), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "frames are changed where they are: %" GST_PTR_FORMAT, (void *)in_caps);
  return TRUE;
}

/* --- memory --- */

gboolean
gst_video_augment_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  GstObject *context = self->device.filter.context;

  if (gst_generative_cuda_filter_asked (query, context))
    return gst_generative_cuda_decide_pool (context, query);
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->decide_allocation (base, query);
}

gboolean
gst_video_augment_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  GstObject *context = self->device.filter.context;

  if (decide != NULL && gst_generative_cuda_filter_asked (query, context))
    return gst_generative_cuda_propose_pool (context, query);
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->propose_allocation (base, decide, query);
}

GstFlowReturn
gst_video_augment_submit_input_buffer (
    GstBaseTransform *base, gboolean is_discont, GstBuffer *buffer)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  if (self->on_device)
    buffer = gst_generative_cuda_filter_writable (base, buffer);
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->submit_input_buffer (base, is_discont, buffer);
}
