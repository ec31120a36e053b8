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

static gboolean
has_device_memory (const GstCaps *caps)
{
  for (guint i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++)
    if (gst_generative_cuda_in_caps (caps, i))
      return TRUE;
  return FALSE;
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
  if (GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (base)) && has_device_memory (result)) {
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
      !has_device_memory (offered) || self->said_no_kernel)
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
      gst_video_augment_device_answer (self->device, query))
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
  if (self->on_device && !gst_video_augment_device_open (self->device)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("frames are in CUDA memory, but there is no CUDA context to be had"), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "frames are changed where they are: %" GST_PTR_FORMAT, (void *)in_caps);
  return TRUE;
}

/* --- memory --- */

static gboolean
asks_for_device (GstVideoAugment *self, GstQuery *query)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  return caps != NULL && has_device_memory (caps) &&
         gst_video_augment_device_context (self->device) != NULL;
}

gboolean
gst_video_augment_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  if (asks_for_device (self, query))
    return gst_generative_cuda_decide_pool (gst_video_augment_device_context (self->device), query);
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->decide_allocation (base, query);
}

gboolean
gst_video_augment_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  if (decide != NULL && asks_for_device (self, query))
    return gst_generative_cuda_propose_pool (
        gst_video_augment_device_context (self->device), query);
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->propose_allocation (base, decide, query);
}

GstFlowReturn
gst_video_augment_submit_input_buffer (
    GstBaseTransform *base, gboolean is_discont, GstBuffer *buffer)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  /* The base class would copy by mapping both. */
  if (self->on_device && !gst_base_transform_is_passthrough (base) &&
      !(gst_buffer_is_writable (buffer) && gst_buffer_is_all_memory_writable (buffer))) {
    GstBuffer *copy = gst_buffer_copy_deep (buffer);

    gst_buffer_unref (buffer);
    buffer = copy;
  }
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
      ->submit_input_buffer (base, is_discont, buffer);
}
