/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encode-fit.h"

#include "../../lib/serve/generate-error.h"

gboolean
serve_fit_map (GstSample *sample, GstVideoFrame *frame, GenPicture *picture, GError **error)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample)) ||
      !gst_video_frame_map (frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ))
    return gen_serve_refuse (error, GEN_SERVE_FAILED, NULL, "what was made is no picture");
  *picture = (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) };
  return TRUE;
}

/* A frame as `info` has it, to be written as a picture. */
static gboolean
scale (const GenPicture *from, GstBuffer *buffer, const GstVideoInfo *info, GError **error)
{
  GstVideoFrame frame;
  GenPicture to;
  gboolean done;

  gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE);
  to = (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (&frame),
    .height = GST_VIDEO_FRAME_HEIGHT (&frame),
    .channels = from->channels,
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) };
  done = gen_picture_fit (from, &to, GEN_FIT_CROP, error);
  gst_video_frame_unmap (&frame);
  return done;
}

GstSample *
serve_fit (GstSample *sample, int width, int height, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_copy (gst_sample_get_caps (sample));
  g_autoptr (GstBuffer) buffer = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  GenPicture picture;
  gboolean done;

  if (!serve_fit_map (sample, &frame, &picture, error))
    return NULL;
  gst_caps_set_simple (caps, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  gst_video_info_from_caps (&info, caps);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  done = scale (&picture, buffer, &info, error);
  gst_video_frame_unmap (&frame);
  return done ? gst_sample_new (buffer, caps, NULL, NULL) : NULL;
}
