/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"

struct _GstVideoAugmentDevice {
  GstElement *element;
  GstObject *context; /* under the element's object lock */
  GenAugmentDevice *plan;
};

GstVideoAugmentDevice *
gst_video_augment_device_new (GstElement *element)
{
  GstVideoAugmentDevice *device = g_new0 (GstVideoAugmentDevice, 1);

  device->element = element;
  return device;
}

void
gst_video_augment_device_free (GstVideoAugmentDevice *device)
{
  gst_video_augment_device_close (device);
  gst_clear_object (&device->context);
  g_free (device);
}

/* --- the context --- */

void
gst_video_augment_device_set_context (GstVideoAugmentDevice *device, GstContext *context)
{
  gst_generative_cuda_set_context (device->element, context, &device->context);
}

gboolean
gst_video_augment_device_answer (GstVideoAugmentDevice *device, GstQuery *query)
{
  return gst_generative_cuda_answer (device->element, query, device->context);
}

gboolean
gst_video_augment_device_open (GstVideoAugmentDevice *device)
{
  return gst_generative_cuda_ensure_context (device->element, &device->context);
}

void
gst_video_augment_device_close (GstVideoAugmentDevice *device)
{
  g_clear_pointer (&device->plan, gen_augment_device_free);
}

GstObject *
gst_video_augment_device_context (GstVideoAugmentDevice *device)
{
  return device->context;
}

/* --- what can be done --- */

const char *
gst_video_augment_device_lacks (const GenAugmentSettings *settings, gboolean yuv)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);
  const GenAugmentOnDevice least = yuv ? GEN_AUGMENT_ALL_ON_DEVICE : GEN_AUGMENT_COLOURS_ON_DEVICE;

  for (int i = 0; list[i] != NULL; i++)
    if (settings->amounts[i] > 0 && list[i]->on_device < least)
      return list[i]->name;
  return NULL;
}

GstCaps *
gst_video_augment_device_only (GstCaps *caps, const GenAugmentSettings *settings)
{
  const gboolean of_rgb =
      settings != NULL && gst_video_augment_device_lacks (settings, FALSE) == NULL;
  const gboolean of_yuv =
      settings != NULL && gst_video_augment_device_lacks (settings, TRUE) == NULL;
  g_autoptr (GstCaps) rgb = gst_caps_from_string (GST_VIDEO_CAPS_MAKE_WITH_FEATURES (
      GST_GENERATIVE_CUDA_MEMORY, "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA }"));
  GstCaps *result = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstCaps *one = gst_caps_copy_nth (caps, i);

    if (!gst_generative_cuda_in_caps (caps, i) || (of_rgb && of_yuv))
      gst_caps_append (result, one);
    else if (of_rgb)
      gst_caps_append (result, gst_caps_intersect (one, rgb));
    if (gst_generative_cuda_in_caps (caps, i) && !(of_rgb && of_yuv))
      gst_caps_unref (one);
  }
  gst_caps_unref (caps);
  return result;
}

/* --- frames --- */

gboolean
gst_video_augment_device_can (GstVideoAugmentDevice *device, const GstVideoInfo *info,
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, const char **step)
{
  const GenAugmentFrame kind = { .n_planes = GST_VIDEO_INFO_IS_YUV (info) ? 2 : 1 };

  *step = NULL;
  return device->context != NULL && gst_generative_cuda_has_memory (device->context, buffer) &&
         gen_augment_device_can (draw, &kind, step);
}

/* In the context. */
static gboolean
run (GstVideoAugmentDevice *device, const GenAugmentPictureDraw *draw, GenAugmentFrame *frame,
    GenFence *fence, GError **error)
{
  if (device->plan != NULL && !gen_augment_device_fits (device->plan, frame))
    g_clear_pointer (&device->plan, gen_augment_device_free);
  if (device->plan == NULL)
    device->plan = gen_augment_device_new (&gen_device_cuda, frame, TRUE, error);
  return device->plan != NULL &&
         gen_augment_device_render (device->plan, draw, frame, fence, error);
}

GstFlowReturn
gst_video_augment_device_render (GstVideoAugmentDevice *device, const GstVideoInfo *info,
    GstBuffer *buffer, const GenAugmentPictureDraw *draw)
{
  g_autoptr (GError) error = NULL;
  GenAugmentFrame augmented;
  GstVideoFrame frame;
  GenFence *fence;

  if (gen_augment_picture_is_idle (draw))
    return GST_FLOW_OK;
  if (!gst_generative_cuda_map (&frame, info, buffer, GST_MAP_READWRITE, &fence)) {
    GST_ELEMENT_ERROR (device->element, STREAM, FORMAT,
        ("a buffer in CUDA memory is smaller than its caps say"), (NULL));
    return GST_FLOW_ERROR;
  }
  gst_generative_augment_frame_init (&augmented, &frame);
  if (gst_generative_cuda_enter (device->context)) {
    run (device, draw, &augmented, fence, &error);
    gst_generative_cuda_leave ();
  } else {
    g_set_error_literal (&error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "the context of its memory cannot be entered");
  }
  gst_video_frame_unmap (&frame);
  if (error == NULL)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (device->element, RESOURCE, FAILED,
      ("a frame in CUDA memory cannot be changed there: %s", error->message), (NULL));
  return GST_FLOW_ERROR;
}
