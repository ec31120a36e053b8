/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a frame. */
#include "../shared/debug.h"
#include "../shared/label-meta.h"

#include "augment-frame.h"
#include "augment-meta.h"
#include "mixing.h"
#include "videoaugment.h"

#define GST_CAT_DEFAULT video_augment_debug

/* By what all frames of a clip draw. */
static guint64
draw_number (GstVideoAugment *self, GstClips clips, const GenAugmentSettings *settings,
    GstBuffer *buffer, guint64 number)
{
  guint64 item;

  if (clips == GST_CLIPS_OF_FRAMES)
    return number / MAX (settings->clip_frames, 1);
  item = gst_generative_label_find_item (buffer);
  if (item != GST_GENERATIVE_NO_ITEM)
    return item;
  if (GST_BUFFER_IS_DISCONT (buffer))
    self->clip = number;
  return self->clip;
}

void
gst_video_augment_draw (
    GstVideoAugment *self, GstBuffer *buffer, int width, int height, GstVideoAugmentDrawn *drawn)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  GstClips clips;

  *drawn = (GstVideoAugmentDrawn){ .width = width, .height = height };
  drawn->number = gst_video_augment_frame_number (buffer, info, &self->counted);
  GST_OBJECT_LOCK (self);
  drawn->settings = self->settings;
  clips = self->clips;
  GST_OBJECT_UNLOCK (self);
  drawn->settings.policy = self->policy;
  drawn->clip = draw_number (self, clips, &drawn->settings, buffer, drawn->number);
  gen_augment_draw_picture_of_clip (
      &drawn->settings, drawn->clip, drawn->number, width, height, &self->draw);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_offer (g_ptr_array_index (self->masks, i), drawn);
}

void
gst_video_augment_finish (
    GstVideoAugment *self, GstBuffer *buffer, const GstVideoAugmentDrawn *drawn)
{
  gboolean add_meta;
  double min_visibility;

  GST_OBJECT_LOCK (self);
  add_meta = self->add_meta;
  min_visibility = self->min_visibility;
  GST_OBJECT_UNLOCK (self);
  if (gen_augment_picture_moves (&self->draw))
    gst_generative_augment_move_metas (buffer, &self->draw, min_visibility);
  if (add_meta)
    gst_generative_augment_meta_add (buffer, drawn->number, &self->draw);
}

static GstFlowReturn
mix_frame (GstVideoAugment *self, const GenAugmentMixSettings *mix, double min_visibility,
    guint64 number, GstVideoFrame *frame, GenAugmentFrame *augmented)
{
  GstFlowReturn flow = GST_FLOW_EOS;

  if (self->partner != NULL)
    flow = gst_video_augment_mix (
        GST_ELEMENT (self), self->partner, mix, min_visibility, number, frame, augmented);
  if (flow != GST_FLOW_EOS)
    return flow;
  if (!self->said_no_partners)
    GST_ELEMENT_WARNING (self, STREAM, MUX,
        ("partners have ended before the frames: the rest is not mixed"), (NULL));
  self->said_no_partners = TRUE;
  return GST_FLOW_OK;
}

GstFlowReturn
gst_video_augment_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const GenAugmentPictureDraw *draw = &self->draw;
  GstVideoAugmentDrawn drawn;
  GenAugmentMixSettings mix;
  GenAugmentFrame augmented;
  GstFlowReturn flow = GST_FLOW_OK;
  double min_visibility;

  gst_generative_augment_frame_init (&augmented, frame);
  gst_video_augment_draw (self, frame->buffer, augmented.width, augmented.height, &drawn);
  gen_augment_render_frame (draw, self->workspace, &augmented);
  gst_video_augment_finish (self, frame->buffer, &drawn);
  GST_OBJECT_LOCK (self);
  mix = self->mix;
  min_visibility = self->min_visibility;
  GST_OBJECT_UNLOCK (self);
  mix.seed = drawn.settings.seed;
  if (mix.mixing != NULL)
    flow = mix_frame (self, &mix, min_visibility, drawn.clip, frame, &augmented);
  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %s in %.3f ms",
      drawn.number, GST_TIME_ARGS (GST_BUFFER_PTS (frame->buffer)),
      gen_augment_picture_moves (draw)     ? "moved"
      : gen_augment_picture_is_idle (draw) ? "left as it is"
                                           : "changed in its values",
      gst_generative_since (began));
  return flow;
}
