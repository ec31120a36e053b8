/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, as its own parts see it: properties.c, pads.c, frames.c. */
#pragma once

#include "device.h"
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

  GstVideoAugmentDevice device;

  /* The streaming thread's. */
  gboolean on_device;       /* caps are of its memory */
  GenAugmentPolicy *policy; /* or NULL */
  GenAugmentWorkspace *workspace;
  GenAugmentPictureDraw draw; /* of the frame that is worked on, */
  GstVideoAugmentDrawn drawn; /* and by what */
  guint64 counted;            /* frames without number or time so far */
  guint64 clip;               /* the first frame of the one that began at a discontinuity */
  gboolean said_no_partners, said_no_kernel;

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

/* Draw what becomes of a frame, and do it on the device where it lies there; else the base class
 * maps it, and it comes to the second. */
GstFlowReturn gst_video_augment_transform_ip (GstBaseTransform *base, GstBuffer *buffer);
GstFlowReturn gst_video_augment_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame);

/* --- negotiate.c --- */

GstCaps *gst_video_augment_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
gboolean gst_video_augment_query (
    GstBaseTransform *base, GstPadDirection direction, GstQuery *query);
gboolean gst_video_augment_set_info (GstVideoFilter *filter, GstCaps *in_caps,
    GstVideoInfo *in_info, GstCaps *out_caps, GstVideoInfo *out_info);
gboolean gst_video_augment_decide_allocation (GstBaseTransform *base, GstQuery *query);
gboolean gst_video_augment_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
/* Frames on the device that are shared are copied there. */
GstFlowReturn gst_video_augment_submit_input_buffer (
    GstBaseTransform *base, gboolean is_discont, GstBuffer *buffer);
