/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mixing.h"

#include "../shared/label-meta.h"
#include "../shared/model-file.h"

#include "augment-frame.h"
#include "augment-meta.h"

/* Whether a partner's pixels can be put beside those of the frame. */
static gboolean
check_partner (GstElement *element, const GstVideoInfo *info, const GstVideoInfo *other)
{
  if (GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_INFO_FORMAT (other) &&
      info->width == other->width && info->height == other->height)
    return TRUE;
  GST_ELEMENT_ERROR (element, STREAM, FORMAT,
      ("partners are %s of %d by %d pixels, but frames are %s of %d by %d: put videoconvert and "
       "videoscale in front of the pad partner, and caps of the frames' between",
          GST_VIDEO_INFO_NAME (other), other->width, other->height, GST_VIDEO_INFO_NAME (info),
          info->width, info->height),
      (NULL));
  return FALSE;
}

static GstFlowReturn
mix_metas (GstElement *element, const GenAugmentMixDraw *draw, double min_visibility,
    GstBuffer *buffer, GstBuffer **partners)
{
  g_autoptr (GError) error = NULL;

  if (!gst_generative_label_mix (
          buffer, partners, (guint)draw->n - 1, draw->weights, (guint)draw->chosen, &error)) {
    gst_generative_post_error (element, error);
    return GST_FLOW_ERROR;
  }
  gst_generative_augment_mix_metas (buffer, draw, min_visibility, partners);
  return GST_FLOW_OK;
}

/* `partners` are as many as the draw takes. */
static GstFlowReturn
mix_with (GstElement *element, const GenAugmentMixDraw *draw, double min_visibility,
    GstVideoFrame *frame, GenAugmentFrame *augmented, GstBuffer **partners, GstVideoInfo *info)
{
  GenAugmentFrame others[GEN_AUGMENT_MIX_MOST] = { 0 };
  GstVideoFrame mapped[GEN_AUGMENT_MIX_MOST];
  GstFlowReturn flow = GST_FLOW_OK;
  int n = 0;

  while (n < draw->n - 1 && gst_video_frame_map (&mapped[n], info, partners[n], GST_MAP_READ)) {
    gst_generative_augment_frame_init (&others[n], &mapped[n]);
    n++;
  }
  if (n == draw->n - 1) {
    gen_augment_mix_frames (draw, augmented, others);
    flow = mix_metas (element, draw, min_visibility, frame->buffer, partners);
  }
  for (int i = 0; i < n; i++)
    gst_video_frame_unmap (&mapped[i]);
  if (n == draw->n - 1)
    return flow;
  GST_ELEMENT_ERROR (
      element, STREAM, FORMAT, ("a partner's buffer is smaller than its caps say"), (NULL));
  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_video_augment_mix (GstElement *element, GstVideoAugmentPartner *partner,
    const GenAugmentMixSettings *settings, double min_visibility, guint64 number,
    GstVideoFrame *frame, GenAugmentFrame *augmented)
{
  const guint n = (guint)settings->mixing->partners;
  GstBuffer *partners[GEN_AUGMENT_MIX_MOST] = { NULL };
  GenAugmentMixDraw draw;
  GstVideoInfo info;
  GstFlowReturn flow = gst_video_augment_partner_take (partner, partners, n, &info);

  if (flow != GST_FLOW_OK)
    return flow;
  gen_augment_mix_draw (settings, number, augmented->width, augmented->height, &draw);
  if (!check_partner (element, &frame->info, &info))
    flow = GST_FLOW_ERROR;
  else if (draw.n > 1)
    flow = mix_with (element, &draw, min_visibility, frame, augmented, partners, &info);
  for (guint i = 0; i < n; i++)
    gst_buffer_unref (partners[i]);
  return flow;
}
