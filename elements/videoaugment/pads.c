/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videoaugment's further pads: of partners, and of masks. */
#include <stdio.h>

#include "augment-frame.h"
#include "videoaugment.h"

static GstStaticPadTemplate partner_template = GST_STATIC_PAD_TEMPLATE ("partner", GST_PAD_SINK,
    GST_PAD_REQUEST, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_AUGMENT_FORMATS)));

/* Pixels that have a place of their own: labels of one byte or two, or colours that stand for them.
 */
#define MASK_CAPS                                                                                  \
  GST_VIDEO_CAPS_MAKE (                                                                            \
      "{ GRAY8, GRAY16_LE, GRAY16_BE, RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR }")

static GstStaticPadTemplate mask_sink_template = GST_STATIC_PAD_TEMPLATE (
    "mask_sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (MASK_CAPS));
static GstStaticPadTemplate mask_src_template = GST_STATIC_PAD_TEMPLATE (
    "mask_src_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (MASK_CAPS));

void
gst_video_augment_add_pad_templates (GstElementClass *element_class)
{
  gst_element_class_add_static_pad_template (element_class, &partner_template);
  gst_element_class_add_static_pad_template (element_class, &mask_sink_template);
  gst_element_class_add_static_pad_template (element_class, &mask_src_template);
}

void
gst_video_augment_interrupt (GstVideoAugment *self, gboolean interrupted)
{
  GST_OBJECT_LOCK (self);
  if (self->partner != NULL)
    gst_video_augment_partner_interrupt (self->partner, interrupted);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_interrupt (g_ptr_array_index (self->masks, i), interrupted);
  GST_OBJECT_UNLOCK (self);
}

void
gst_video_augment_end_masks (GstVideoAugment *self, gboolean ended)
{
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_end (g_ptr_array_index (self->masks, i), ended);
  GST_OBJECT_UNLOCK (self);
}

static GstPad *
request_partner (GstVideoAugment *self, GstPadTemplate *pad_template)
{
  GstVideoAugmentPartner *partner;
  GstPad *pad;

  if (self->partner != NULL)
    return NULL;
  partner = gst_video_augment_partner_new (pad_template, GST_BASE_TRANSFORM_SINK_PAD (self));
  pad = gst_video_augment_partner_get_pad (partner);
  GST_OBJECT_LOCK (self);
  self->partner = partner;
  GST_OBJECT_UNLOCK (self);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static GstPad *
request_mask (GstVideoAugment *self, GstPadTemplate *pad_template, const char *name)
{
  GstPadTemplate *src = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (self), mask_src_template.name_template);
  guint number = self->masks_made;
  GstVideoAugmentMask *mask;
  g_autoptr (GstPad) other = NULL;

  if (name != NULL && sscanf (name, "mask_sink_%u", &number) == 1)
    other = gst_element_get_static_pad (GST_ELEMENT (self), name);
  if (other != NULL)
    return NULL;
  self->masks_made = MAX (self->masks_made, number + 1);
  mask = gst_video_augment_mask_new (GST_ELEMENT (self), pad_template, src, number);
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->masks, mask);
  GST_OBJECT_UNLOCK (self);
  gst_video_augment_find_passthrough (self);
  return gst_video_augment_mask_get_pad (mask);
}

GstPad *
gst_video_augment_request_pad (
    GstElement *element, GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (element);

  if (g_str_equal (GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template), partner_template.name_template))
    return request_partner (self, pad_template);
  return request_mask (self, pad_template, name);
}

/* The mask of a pad, which is no longer among the others; NULL: it is of none. */
static GstVideoAugmentMask *
steal_mask (GstVideoAugment *self, GstPad *pad)
{
  for (guint i = 0; i < self->masks->len; i++) {
    GstVideoAugmentMask *mask = g_ptr_array_index (self->masks, i);

    if (gst_video_augment_mask_get_pad (mask) == pad) {
      g_ptr_array_steal_index (self->masks, i);
      return mask;
    }
  }
  return NULL;
}

void
gst_video_augment_release_pad (GstElement *element, GstPad *pad)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (element);
  GstPad *own = GST_BASE_TRANSFORM_SINK_PAD (self);
  GstVideoAugmentPartner *partner = NULL;
  GstVideoAugmentMask *mask;

  /* Nobody waits for it any more then, and the frame that is worked on gets done. */
  gst_pad_set_active (pad, FALSE);
  GST_PAD_STREAM_LOCK (own);
  GST_OBJECT_LOCK (self);
  mask = steal_mask (self, pad);
  if (mask == NULL)
    partner = g_steal_pointer (&self->partner);
  GST_OBJECT_UNLOCK (self);
  GST_PAD_STREAM_UNLOCK (own);
  if (mask != NULL) {
    gst_video_augment_mask_free (mask);
  } else {
    gst_element_remove_pad (element, pad);
    gst_video_augment_partner_free (partner);
  }
  gst_video_augment_find_passthrough (self);
}

GstPad *
gst_video_augment_find_partner (GstVideoAugment *self)
{
  GstPad *pad = NULL;

  GST_OBJECT_LOCK (self);
  if (self->partner != NULL)
    pad = gst_object_ref (gst_video_augment_partner_get_pad (self->partner));
  GST_OBJECT_UNLOCK (self);
  return pad;
}
