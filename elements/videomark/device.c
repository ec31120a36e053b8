/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"

#include "../shared/mark-frame.h"

void
gst_video_mark_device_close (GstVideoMarkDevice *device)
{
  g_clear_pointer (&device->plan, gen_picture_mark_device_free);
}

typedef struct {
  GstVideoMarkDevice *device;
  const GenPictureMark *mark;
  double strength;
} Marking;

static gboolean
mark_frame (gpointer data, GstVideoFrame *frame, GenFence *fence, GError **error)
{
  const Marking *marking = data;
  GstVideoMarkDevice *device = marking->device;
  GenMarkFrame marked;

  gst_generative_mark_frame_init (&marked, frame);
  if (device->plan != NULL && !gen_picture_mark_device_fits (device->plan, &marked))
    gst_video_mark_device_close (device);
  if (device->plan == NULL)
    device->plan =
        gen_picture_mark_device_new (&gen_device_cuda, marking->mark, &marked, TRUE, error);
  return device->plan != NULL &&
         gen_picture_mark_device_apply (device->plan, &marked, marking->strength, fence, error);
}

GstFlowReturn
gst_video_mark_device_apply (GstVideoMarkDevice *device, const GenPictureMark *mark,
    const GstVideoInfo *info, GstBuffer *buffer, double strength)
{
  Marking marking = { device, mark, strength };

  return gst_generative_cuda_filter_change (
      &device->filter, info, buffer, mark_frame, &marking, "marked");
}
