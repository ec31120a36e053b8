/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-videoaugment
 * @title: videoaugment
 * @short_description: random changes that leave a picture what it is
 *
 * Changes each frame at random, within the bounds that the properties set, so that a model that
 * is trained on the stream sees more pictures than there are. Geometric changes together resample
 * a frame once, and those of tone and colour are one table or matrix where they can. They are done
 * as light, lens, sensor and file follow each other. With all bounds at zero the frames pass
 * untouched, at no cost.
 *
 * What happens to a frame depends on the seed and the frame's number alone, and not on what was
 * played before. The number is the buffer's offset, as `datasetsrc` sets it; where there is
 * none, it follows from the time and the frame rate; and where there are none, frames are
 * counted. Each transform draws numbers of its own: changing one leaves the others as they are.
 *
 * With `clip-frames` so many frames in a row are a clip, which has one draw. With `policy` the
 * transforms of a policy come after those of the properties: `autoaugment` and its like,
 * `randaugment` and `trivialaugment` are built in, and a file of steps has any others
 * (docs/augmentation.md).
 *
 * Regions of interest move along with what they are of; where pixels move, metas of other kinds
 * that hang on the orientation of the picture are left out. With `add-meta` each frame says what
 * was done to it, in a custom meta `generative-augment`: `frame`, its number, `steps`, with their
 * values, and `matrix`, 9 numbers, where lines stayed straight, so that key points can follow.
 * Interlaced frames are refused: put deinterlace in front. Frames of YUV are changed as they are,
 * without conversion (docs/augmentation.md says how each transform is done to them).
 *
 * With `mix` each frame is mixed with others, which come on the request pad `partner` and are taken
 * in their order: frame after frame one, or as many as the way of mixing takes. They are of the
 * same size and format, and have been augmented by whoever sends them, as by a `videoaugment` of
 * their own. Labels (meta `generative-label`) become mixtures, which have `labels` and `weights`,
 * and the one label that a mixture has, too, is drawn by those weights: a trainer that takes one
 * label a frame learns the same in the mean. Regions of interest of all frames stay where they are
 * seen. A seek goes to the partners as well.
 *
 * Masks, as of a segmentation, come on request pads `mask_sink_%u` and leave by `mask_src_%u`: the
 * mask of the same number moves as its frame does, whatever the properties are at that time, and
 * has no other values than before, as each pixel is the nearest one. All but geometry leaves it as
 * it is. A mask waits for its frame, so that a `queue` belongs in front of it where both are of one
 * thread.
 *
 * With `clips=items` all frames of an item of a dataset have one draw, or, where buffers name none,
 * all up to the next discontinuity.
 *
 * All properties but `policy` and `mix` may change at any time, and amounts can be controlled.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=60 ! video/x-raw,format=RGB ! \
 *   videoaugment flip=horizontal rotate=10 translate=0.1 brightness=0.2 noise=0.03 ! fakesink
 * ]|
 */
#include <stdio.h>

#include "../shared/augment.h"
#include "../shared/choices.h"
#include "../shared/debug.h"
#include "../elements.h"
#include "../shared/interlaced.h"
#include "../shared/label-meta.h"
#include "../shared/passing.h"
#include "../shared/settings.h"
#include "../shared/stream-time.h"

#include "augment-frame.h"
#include "augment-meta.h"
#include "mask.h"
#include "mixing.h"

#include <generative/augment-policy.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#define GST_TYPE_VIDEO_AUGMENT (gst_video_augment_get_type ())
G_DECLARE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST, VIDEO_AUGMENT, GstVideoFilter)

GST_DEBUG_CATEGORY (video_augment_debug);
#define GST_CAT_DEFAULT video_augment_debug

enum {
  PROP_0,
  PROP_POLICY,
  PROP_CLIP_FRAMES,
  PROP_CLIPS,
  PROP_MIX,
  PROP_MIX_CONCENTRATION,
  PROP_MIX_PROBABILITY,
  PROP_ADD_META,
  PROP_FIRST_OF_AUGMENT, /* elements/shared/augment.h */
};

#define DEFAULT_POLICY NULL
#define DEFAULT_CLIP_FRAMES 1
#define DEFAULT_CLIPS GST_CLIPS_OF_FRAMES
#define DEFAULT_MIX 0
#define DEFAULT_MIX_CONCENTRATION 0.0
#define DEFAULT_MIX_PROBABILITY 1.0
#define DEFAULT_ADD_META FALSE

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

#define CAPS GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_AUGMENT_FORMATS)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate partner_template =
    GST_STATIC_PAD_TEMPLATE ("partner", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (CAPS));

/* Pixels that have a place of their own: labels of one byte or two, or colours that stand for them.
 */
#define MASK_CAPS                                                                                  \
  GST_VIDEO_CAPS_MAKE (                                                                            \
      "{ GRAY8, GRAY16_LE, GRAY16_BE, RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR }")

static GstStaticPadTemplate mask_sink_template = GST_STATIC_PAD_TEMPLATE (
    "mask_sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (MASK_CAPS));
static GstStaticPadTemplate mask_src_template = GST_STATIC_PAD_TEMPLATE (
    "mask_src_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (MASK_CAPS));

G_DEFINE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (videoaugment, "videoaugment", GST_RANK_NONE, GST_TYPE_VIDEO_AUGMENT)

static GType
gst_clips_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIPS_OF_FRAMES, "as many frames as clip-frames says", "frames" },
    { GST_CLIPS_OF_ITEMS, "the frames of an item of a dataset, or up to a discontinuity", "items" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVideoAugmentClips", values);

    gst_type_mark_as_plugin_api (made, 0);
    g_once_init_leave (&type, made);
  }
  return type;
}

static GType
gst_mix_get_type (void)
{
  const GenAugmentMixing *const *list = gen_augment_mixing_list ();
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

    gst_generative_choices_add (values, "none", "No partners");
    for (guint i = 0; list[i] != NULL; i++)
      gst_generative_choices_add (values, list[i]->name, list[i]->description);
    g_once_init_leave (&type, gst_generative_choices_register ("GstVideoAugmentMix", values));
  }
  return type;
}

/* Number of a mixing in the enumeration. */
static int
gst_mix_number (const GenAugmentMixing *mixing)
{
  const GenAugmentMixing *const *list = gen_augment_mixing_list ();
  int number = 0;

  while (mixing != NULL && list[number++] != mixing)
    ;
  return number;
}

static void
gst_video_augment_find_passthrough (GstVideoAugment *self)
{
  gboolean idle;

  GST_OBJECT_LOCK (self);
  idle = gen_augment_settings_are_idle (&self->settings) && self->policy_name == NULL &&
         !self->add_meta && self->mix.mixing == NULL && self->masks->len == 0;
  GST_OBJECT_UNLOCK (self);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), idle);
}

static void
gst_video_augment_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (property_id == PROP_POLICY) {
    g_free (self->policy_name);
    self->policy_name = g_value_dup_string (value);
  } else if (property_id == PROP_CLIP_FRAMES) {
    self->settings.clip_frames = g_value_get_uint64 (value);
  } else if (property_id == PROP_CLIPS) {
    self->clips = g_value_get_enum (value);
  } else if (property_id == PROP_MIX) {
    const int number = g_value_get_enum (value);

    self->mix.mixing = number > 0 ? gen_augment_mixing_list ()[number - 1] : NULL;
  } else if (property_id == PROP_MIX_CONCENTRATION) {
    self->mix.concentration = g_value_get_double (value);
  } else if (property_id == PROP_MIX_PROBABILITY) {
    self->mix.probability = g_value_get_double (value);
  } else if (property_id == PROP_ADD_META) {
    self->add_meta = g_value_get_boolean (value);
  } else {
    gst_generative_augment_set (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  }
  GST_OBJECT_UNLOCK (self);
  gst_video_augment_find_passthrough (self);
}

static void
gst_video_augment_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_POLICY)
    g_value_set_string (value, self->policy_name);
  else if (property_id == PROP_CLIP_FRAMES)
    g_value_set_uint64 (value, self->settings.clip_frames);
  else if (property_id == PROP_CLIPS)
    g_value_set_enum (value, self->clips);
  else if (property_id == PROP_MIX)
    g_value_set_enum (value, gst_mix_number (self->mix.mixing));
  else if (property_id == PROP_MIX_CONCENTRATION)
    g_value_set_double (value, self->mix.concentration);
  else if (property_id == PROP_MIX_PROBABILITY)
    g_value_set_double (value, self->mix.probability);
  else if (property_id == PROP_ADD_META)
    g_value_set_boolean (value, self->add_meta);
  else
    gst_generative_augment_get (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_video_augment_finalize (GObject *object)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  g_free (self->policy_name);
  g_clear_pointer (&self->partner, gst_video_augment_partner_free);
  g_ptr_array_unref (self->masks);
  G_OBJECT_CLASS (gst_video_augment_parent_class)->finalize (object);
}

static gboolean
gst_video_augment_start (GstBaseTransform *base)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  g_autoptr (GError) error = NULL;

  self->counted = 0;
  self->clip = 0;
  self->said_no_partners = FALSE;
  if (self->mix.mixing != NULL && self->partner == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, MUX,
        ("mix=%s takes partners, but nothing comes on the pad partner: link a stream of frames of "
         "the same size and format to it",
            self->mix.mixing->name),
        (NULL));
    return FALSE;
  }
  if (!gen_augment_settings_check (&self->settings, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (self->mix.mixing != NULL && self->masks->len > 0) {
    GST_ELEMENT_ERROR (self, STREAM, MUX,
        ("mix=%s puts frames together, whose masks would have to be, too: masks follow where mix "
         "is "
         "none",
            self->mix.mixing->name),
        (NULL));
    return FALSE;
  }
  if (self->policy_name != NULL) {
    self->policy = gen_augment_policy_load (self->policy_name, &error);
    if (self->policy == NULL) {
      GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("policy: %s", error->message), (NULL));
      return FALSE;
    }
  }
  self->workspace = gen_augment_workspace_new ();
  return TRUE;
}

static gboolean
gst_video_augment_stop (GstBaseTransform *base)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  g_clear_pointer (&self->policy, gen_augment_policy_unref);
  g_clear_pointer (&self->workspace, gen_augment_workspace_free);
  return TRUE;
}

static GstCaps *
gst_video_augment_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *result = GST_BASE_TRANSFORM_CLASS (gst_video_augment_parent_class)
                        ->transform_caps (base, direction, caps, filter);

  return gst_generative_only_progressive (base, direction, result);
}

static gboolean
gst_video_augment_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  gboolean answered =
      GST_BASE_TRANSFORM_CLASS (gst_video_augment_parent_class)->query (base, direction, query);

  if (answered && direction == GST_PAD_SINK)
    gst_generative_explain_interlaced (GST_ELEMENT (base), query);
  return answered;
}

static gboolean
gst_video_augment_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (filter);

  GST_INFO_OBJECT (self, "frames are changed where they are: %" GST_PTR_FORMAT, (void *)in_caps);
  return TRUE;
}

static void
gst_video_augment_before_transform (GstBaseTransform *base, GstBuffer *buffer)
{
  gst_generative_sync_values (base, &base->segment, GST_BUFFER_PTS (buffer));
}

/* Where a shared buffer is copied: its size and format stay, so that all of it goes along but what
 * is said of its memory. */
static gboolean
gst_video_augment_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (base)->in_info;

  return gst_generative_pass_meta (meta, input, info, output, info);
}

/* By what all frames of a clip draw. */
static guint64
gst_video_augment_draw_number (
    GstVideoAugment *self, const GenAugmentSettings *settings, GstBuffer *buffer, guint64 number)
{
  guint64 item;

  if (self->clips == GST_CLIPS_OF_FRAMES)
    return number / MAX (settings->clip_frames, 1);
  item = gst_generative_label_find_item (buffer);
  if (item != GST_GENERATIVE_NO_ITEM)
    return item;
  if (GST_BUFFER_IS_DISCONT (buffer))
    self->clip = number;
  return self->clip;
}

/* --- request pads --- */

static void
gst_video_augment_interrupt (GstVideoAugment *self, gboolean interrupted)
{
  GST_OBJECT_LOCK (self);
  if (self->partner != NULL)
    gst_video_augment_partner_interrupt (self->partner, interrupted);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_interrupt (g_ptr_array_index (self->masks, i), interrupted);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_video_augment_end_masks (GstVideoAugment *self, gboolean ended)
{
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_end (g_ptr_array_index (self->masks, i), ended);
  GST_OBJECT_UNLOCK (self);
}

static GstPad *
gst_video_augment_request_partner (GstVideoAugment *self, GstPadTemplate *pad_template)
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
gst_video_augment_request_mask (
    GstVideoAugment *self, GstPadTemplate *pad_template, const char *name)
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

static GstPad *
gst_video_augment_request_pad (
    GstElement *element, GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (element);

  if (g_str_equal (GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template), partner_template.name_template))
    return gst_video_augment_request_partner (self, pad_template);
  return gst_video_augment_request_mask (self, pad_template, name);
}

/* The mask of a pad, which is no longer among the others; NULL: it is of none. */
static GstVideoAugmentMask *
gst_video_augment_steal_mask (GstVideoAugment *self, GstPad *pad)
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

static void
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
  mask = gst_video_augment_steal_mask (self, pad);
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

static GstStateChangeReturn
gst_video_augment_change_state (GstElement *element, GstStateChange transition)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_video_augment_interrupt (self, FALSE);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_video_augment_interrupt (self, TRUE);
  return GST_ELEMENT_CLASS (gst_video_augment_parent_class)->change_state (element, transition);
}

static gboolean
gst_video_augment_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    gst_video_augment_interrupt (self, TRUE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_video_augment_interrupt (self, FALSE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
    gst_video_augment_end_masks (self, FALSE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_video_augment_end_masks (self, TRUE);
  return GST_BASE_TRANSFORM_CLASS (gst_video_augment_parent_class)->sink_event (base, event);
}

static gboolean
gst_video_augment_src_event (GstBaseTransform *base, GstEvent *event)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  GstPad *pad = NULL;

  GST_OBJECT_LOCK (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK && self->partner != NULL)
    pad = gst_object_ref (gst_video_augment_partner_get_pad (self->partner));
  GST_OBJECT_UNLOCK (self);
  if (pad != NULL)
    gst_pad_push_event (pad, gst_event_ref (event));
  gst_clear_object (&pad);
  return GST_BASE_TRANSFORM_CLASS (gst_video_augment_parent_class)->src_event (base, event);
}

/* --- frames --- */

static GstFlowReturn
gst_video_augment_mix_frame (GstVideoAugment *self, const GenAugmentMixSettings *mix,
    guint64 number, GstVideoFrame *frame, GenAugmentFrame *augmented)
{
  GstFlowReturn flow = GST_FLOW_EOS;

  if (self->partner != NULL)
    flow = gst_video_augment_mix (GST_ELEMENT (self), self->partner, mix, number, frame, augmented);
  if (flow != GST_FLOW_EOS)
    return flow;
  if (!self->said_no_partners)
    GST_ELEMENT_WARNING (self, STREAM, MUX,
        ("partners have ended before the frames: the rest is not mixed"), (NULL));
  self->said_no_partners = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_video_augment_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  guint64 number = gst_video_augment_frame_number (frame->buffer, &frame->info, &self->counted);
  GenAugmentPictureDraw *draw = &self->draw;
  GstVideoAugmentDrawn drawn = { .number = number };
  GenAugmentSettings *settings = &drawn.settings;
  GenAugmentMixSettings mix;
  GenAugmentFrame augmented;
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean add_meta;

  GST_OBJECT_LOCK (self);
  *settings = self->settings;
  mix = self->mix;
  add_meta = self->add_meta;
  GST_OBJECT_UNLOCK (self);
  settings->policy = self->policy;
  gst_generative_augment_frame_init (&augmented, frame);
  mix.seed = settings->seed;
  drawn.clip = gst_video_augment_draw_number (self, settings, frame->buffer, number);
  drawn.width = augmented.width;
  drawn.height = augmented.height;
  gen_augment_draw_picture_of_clip (
      settings, drawn.clip, number, augmented.width, augmented.height, draw);
  for (guint i = 0; i < self->masks->len; i++)
    gst_video_augment_mask_offer (g_ptr_array_index (self->masks, i), &drawn);
  gen_augment_render_frame (draw, self->workspace, &augmented);
  if (gen_augment_picture_moves (draw))
    gst_generative_augment_move_metas (frame->buffer, draw);
  if (add_meta)
    gst_generative_augment_meta_add (frame->buffer, number, draw);
  if (mix.mixing != NULL)
    flow = gst_video_augment_mix_frame (self, &mix, drawn.clip, frame, &augmented);
  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %s in %.3f ms",
      number, GST_TIME_ARGS (GST_BUFFER_PTS (frame->buffer)),
      gen_augment_picture_moves (draw)     ? "moved"
      : gen_augment_picture_is_idle (draw) ? "left as it is"
                                           : "changed in its values",
      gst_generative_since (began));
  return flow;
}

static void
gst_video_augment_class_init (GstVideoAugmentClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (video_augment_debug, "videoaugment", 0, "what becomes of each frame");

  gobject_class->set_property = gst_video_augment_set_property;
  gobject_class->get_property = gst_video_augment_get_property;
  gobject_class->finalize = gst_video_augment_finalize;
  gst_generative_augment_meta_register ();
  gst_generative_label_register ();

  g_object_class_install_property (gobject_class, PROP_POLICY,
      g_param_spec_string ("policy", "Policy",
          "What else is done, after the transforms of the properties: autoaugment, "
          "autoaugment-cifar10, autoaugment-svhn, randaugment, trivialaugment, or a file of steps "
          "as JSON (unset: nothing)",
          DEFAULT_POLICY, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_CLIP_FRAMES,
      g_param_spec_uint64 ("clip-frames", "Frames of a clip",
          "So many frames in a row have one draw, so that a film stays coherent; noise is each "
          "frame's own",
          1, G_MAXUINT64, DEFAULT_CLIP_FRAMES,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_CLIPS,
      g_param_spec_enum ("clips", "Clips", "Which frames have one draw", gst_clips_get_type (),
          DEFAULT_CLIPS, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_MIX,
      g_param_spec_enum ("mix", "Mix",
          "How each frame is mixed with those of the pad partner, and its label with theirs",
          gst_mix_get_type (), DEFAULT_MIX,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_MIX_CONCENTRATION,
      g_param_spec_double ("mix-concentration", "Concentration of shares",
          "Alpha of the Beta distribution of a frame's share in mixup and cutmix (0: 0.2 and 1, as "
          "their papers have it)",
          0, 100, DEFAULT_MIX_CONCENTRATION,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
              GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_MIX_PROBABILITY,
      g_param_spec_double ("mix-probability", "Probability of mixing",
          "How often a frame is mixed: 1 is always", 0, 1, DEFAULT_MIX_PROBABILITY,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
              GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_ADD_META,
      g_param_spec_boolean ("add-meta", "Add a meta",
          "Say on each frame what was done to it (custom meta generative-augment)",
          DEFAULT_ADD_META,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  gst_generative_augment_install (gobject_class, PROP_FIRST_OF_AUGMENT, &gen_medium_picture,
      "GstVideoAugment", "How often each transform is applied to a frame: 1 is always");

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &partner_template);
  gst_element_class_add_static_pad_template (element_class, &mask_sink_template);
  gst_element_class_add_static_pad_template (element_class, &mask_src_template);
  gst_element_class_set_static_metadata (element_class, "Video augmentation", "Filter/Effect/Video",
      "Changes each frame at random, so that a model sees more pictures than there are",
      "gst-generative");

  element_class->request_new_pad = gst_video_augment_request_pad;
  element_class->release_pad = gst_video_augment_release_pad;
  element_class->change_state = gst_video_augment_change_state;

  transform_class->start = gst_video_augment_start;
  transform_class->stop = gst_video_augment_stop;
  transform_class->transform_caps = gst_video_augment_transform_caps;
  transform_class->query = gst_video_augment_query;
  transform_class->sink_event = gst_video_augment_sink_event;
  transform_class->src_event = gst_video_augment_src_event;
  transform_class->before_transform = gst_video_augment_before_transform;
  transform_class->transform_meta = gst_video_augment_transform_meta;
  transform_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = gst_video_augment_set_info;
  filter_class->transform_frame_ip = gst_video_augment_transform_frame_ip;
}

static void
gst_video_augment_init (GstVideoAugment *self)
{
  self->masks = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_video_augment_mask_free);
  self->settings = gst_generative_augment_defaults (&gen_medium_picture);
  self->settings.clip_frames = DEFAULT_CLIP_FRAMES;
  self->clips = DEFAULT_CLIPS;
  self->mix = (GenAugmentMixSettings){ .concentration = DEFAULT_MIX_CONCENTRATION,
    .probability = DEFAULT_MIX_PROBABILITY };
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
