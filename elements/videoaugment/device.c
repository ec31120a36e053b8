/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"

void
gst_video_augment_device_close (GstVideoAugmentDevice *device)
{
  g_clear_pointer (&device->plan, gen_augment_device_free);
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
  return gst_generative_cuda_filter_holds (&device->filter, buffer) &&
         gen_augment_device_can (draw, &kind, step);
}

typedef struct {
  GstVideoAugmentDevice *device;
  const GenAugmentPictureDraw *draw;
} Drawn;

static gboolean
change_frame (gpointer data, GstVideoFrame *frame, GenFence *fence, GError **error)
{
  const Drawn *drawn = data;
  GstVideoAugmentDevice *device = drawn->device;
  GenAugmentFrame augmented;

  gst_generative_augment_frame_init (&augmented, frame);
  if (device->plan != NULL && !gen_augment_device_fits (device->plan, &augmented))
    gst_video_augment_device_close (device);
  if (device->plan == NULL)
    device->plan = gen_augment_device_new (&gen_device_cuda, &augmented, TRUE, error);
  return device->plan != NULL &&
         gen_augment_device_render (device->plan, drawn->draw, &augmented, fence, error);
}

GstFlowReturn
gst_video_augment_device_render (GstVideoAugmentDevice *device, const GstVideoInfo *info,
    GstBuffer *buffer, const GenAugmentPictureDraw *draw)
{
  Drawn drawn = { device, draw };

  if (gen_augment_picture_is_idle (draw))
    return GST_FLOW_OK;
  return gst_generative_cuda_filter_change (
      &device->filter, info, buffer, change_frame, &drawn, "changed");
}
