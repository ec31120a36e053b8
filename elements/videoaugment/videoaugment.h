/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, as its own parts see it: properties.c, pads.c, frames.c. */
#pragma once

#include "mask.h"
#include "partner.h"

#include <generative/augment-mix.h>
#include <generative/augment-policy.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#define GST_TYPE_VIDEO_AUGMENT (gst_video_augment_get_type ())
G_DECLARE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST, VIDEO_AUGMENT, GstVideoFilter)

GST_DEBUG_CATEGORY_EXTERN (video_augment_debug);

typedef enum {
  GST_CLIPS_OF_FRAMES,
  GST_CLIPS_OF_ITEMS,
} GstClips;

struct _GstVideoAugment {
  GstVideoFilter parent;

  /* Properties, under the object lock; the policy that they say is not in the settings. */
  GenAugmentSettings settings;
  char *policy_name;
  gboolean add_meta;
  double min_visibility;
  GstClips clips;
  GenAugmentMixSettings mix; /* its seed is the settings' */

  /* Of request pads; they change under the object lock, and not while a frame is worked on. */
  GstVideoAugmentPartner *partner;
  GPtrArray *masks; /* of GstVideoAugmentMask */

  /* The streaming thread's. */
  GenAugmentPolicy *policy; /* or NULL */
  GenAugmentWorkspace *workspace;
  GenAugmentPictureDraw draw;
  guint64 counted; /* frames without number or time so far */
  guint64 clip;    /* the first frame of the one that began at a discontinuity */
  gboolean said_no_partners;

  guint masks_made; /* so far; they are numbered */
};

/* --- properties.c --- */

void gst_video_augment_install_properties (GObjectClass *gobject_class);
/* The defaults. */
void gst_video_augment_init_properties (GstVideoAugment *self);
/* Whether frames pass as they are follows from properties and pads. */
void gst_video_augment_find_passthrough (GstVideoAugment *self);

/* --- pads.c: partner, mask_sink_%u and mask_src_%u --- */

void gst_video_augment_add_pad_templates (GstElementClass *element_class);
GstPad *gst_video_augment_request_pad (
    GstElement *element, GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps);
void gst_video_augment_release_pad (GstElement *element, GstPad *pad);
/* While it is interrupted, no pad waits for another. */
void gst_video_augment_interrupt (GstVideoAugment *self, gboolean interrupted);
/* Whether no further frame will come. */
void gst_video_augment_end_masks (GstVideoAugment *self, gboolean ended);
/* The partner's pad, or NULL. (transfer full) */
GstPad *gst_video_augment_find_partner (GstVideoAugment *self);

/* --- frames.c --- */

/* What the next frame, number `number`, is drawn by, into `drawn` and the draw of the element;
 * masks are told. */
void gst_video_augment_draw (
    GstVideoAugment *self, GstBuffer *buffer, int width, int height, GstVideoAugmentDrawn *drawn);
/* What hangs on where things are, and what is said of it, of a frame that has been rendered. */
void gst_video_augment_finish (
    GstVideoAugment *self, GstBuffer *buffer, const GstVideoAugmentDrawn *drawn);
GstFlowReturn gst_video_augment_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame);
