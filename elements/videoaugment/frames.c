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

/* What is drawn of the next frame is the element's, and masks are told of it. */
static void
draw_frame (GstVideoAugment *self, GstBuffer *buffer)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  GstVideoAugmentDrawn *drawn = &self->drawn;
  GstClips clips;

  drawn->width = info->width;
  drawn->height = info->height;
  drawn->number = gst_video_augment_frame_number (buffer, info, &self->counted);
  GST_OBJECT_LOCK (self);
  drawn->settings = self->settings;
  clips = self->clips;
  GST_OBJECT_UNLOCK (self);
  drawn->settings.policy = self->policy;
  drawn->clip = draw_number (self, clips, &drawn->settings, buffer, drawn->number);
  gen_augment_draw_picture_of_clip (
      &drawn->settings, drawn->clip, drawn->number, drawn->width, drawn->height, &self->draw);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_offer (g_ptr_array_index (self->masks, i), drawn);
}

/* What hangs on where things are, and what is said of it, of a frame that has been rendered. */
static void
finish (GstVideoAugment *self, GstBuffer *buffer)
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
    gst_generative_augment_meta_add (buffer, self->drawn.number, &self->draw);
}

static void
log_frame (GstVideoAugment *self, GstBuffer *buffer, const char *where, gint64 began)
{
  const GenAugmentPictureDraw *draw = &self->draw;

  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %s%s in %.3f ms",
      self->drawn.number, GST_TIME_ARGS (GST_BUFFER_PTS (buffer)),
      gen_augment_picture_moves (draw)     ? "moved"
      : gen_augment_picture_is_idle (draw) ? "left as it is"
                                           : "changed in its values",
      where, gst_generative_since (began));
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
  GenAugmentMixSettings mix;
  GenAugmentFrame augmented;
  GstFlowReturn flow = GST_FLOW_OK;
  double min_visibility;

  gst_generative_augment_frame_init (&augmented, frame);
  gen_augment_render_frame (&self->draw, self->workspace, &augmented);
  finish (self, frame->buffer);
  GST_OBJECT_LOCK (self);
  mix = self->mix;
  min_visibility = self->min_visibility;
  GST_OBJECT_UNLOCK (self);
  mix.seed = self->drawn.settings.seed;
  if (mix.mixing != NULL)
    flow = mix_frame (self, &mix, min_visibility, self->drawn.clip, frame, &augmented);
  log_frame (self, frame->buffer, "", began);
  return flow;
}

/* Properties that have changed ask for what has no kernel. */
static void
say_no_kernel (GstVideoAugment *self, const char *step)
{
  if (!self->said_no_kernel)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("%s has no kernel for frames in CUDA memory, which go by way of the system's: set it "
         "before the element starts, or put cudadownload in front",
            step),
        (NULL));
  self->said_no_kernel = TRUE;
}

GstFlowReturn
gst_video_augment_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const char *lacking = NULL;
  GstFlowReturn flow;

  draw_frame (self, buffer);
  if (!self->on_device ||
      !gst_video_augment_device_can (&self->device, info, buffer, &self->draw, &lacking)) {
    if (lacking != NULL)
      say_no_kernel (self, lacking);
    return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER))
        ->transform_ip (base, buffer);
  }
  flow = gst_video_augment_device_render (&self->device, info, buffer, &self->draw);
  if (flow == GST_FLOW_OK)
    finish (self, buffer);
  log_frame (self, buffer, " where it lies", began);
  return flow;
}
