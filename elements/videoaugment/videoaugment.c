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
 * All properties but `policy` may change at any time, and amounts can be controlled.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=60 ! video/x-raw,format=RGB ! \
 *   videoaugment flip=horizontal rotate=10 translate=0.1 brightness=0.2 noise=0.03 ! fakesink
 * ]|
 */
#include "../shared/augment.h"
#include "../shared/debug.h"
#include "../elements.h"
#include "../shared/frame-time.h"
#include "../shared/interlaced.h"
#include "../shared/passing.h"
#include "../shared/settings.h"
#include "../shared/stream-time.h"

#include "augment-frame.h"
#include "augment-meta.h"

#include <generative/augment-policy.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#define GST_TYPE_VIDEO_AUGMENT (gst_video_augment_get_type ())
G_DECLARE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST, VIDEO_AUGMENT, GstVideoFilter)

GST_DEBUG_CATEGORY_STATIC (video_augment_debug);
#define GST_CAT_DEFAULT video_augment_debug

enum {
  PROP_0,
  PROP_POLICY,
  PROP_CLIP_FRAMES,
  PROP_ADD_META,
  PROP_FIRST_OF_AUGMENT, /* elements/shared/augment.h */
};

#define DEFAULT_POLICY NULL
#define DEFAULT_CLIP_FRAMES 1
#define DEFAULT_ADD_META FALSE

struct _GstVideoAugment {
  GstVideoFilter parent;

  /* Properties, under the object lock; the policy that they say is not in the settings. */
  GenAugmentSettings settings;
  char *policy_name;
  gboolean add_meta;

  /* The streaming thread's. */
  GenAugmentPolicy *policy; /* or NULL */
  GenAugmentWorkspace *workspace;
  GenAugmentPictureDraw draw;
  guint64 counted; /* frames without number or time so far */
};

#define CAPS GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_AUGMENT_FORMATS)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (videoaugment, "videoaugment", GST_RANK_NONE, GST_TYPE_VIDEO_AUGMENT)

static void
gst_video_augment_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);
  gboolean idle;

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (property_id == PROP_POLICY) {
    g_free (self->policy_name);
    self->policy_name = g_value_dup_string (value);
  } else if (property_id == PROP_CLIP_FRAMES) {
    self->settings.clip_frames = g_value_get_uint64 (value);
  } else if (property_id == PROP_ADD_META) {
    self->add_meta = g_value_get_boolean (value);
  } else {
    gst_generative_augment_set (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  }
  idle = gen_augment_settings_are_idle (&self->settings) && self->policy_name == NULL &&
         !self->add_meta;
  GST_OBJECT_UNLOCK (self);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), idle);
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
  else if (property_id == PROP_ADD_META)
    g_value_set_boolean (value, self->add_meta);
  else
    gst_generative_augment_get (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_video_augment_finalize (GObject *object)
{
  g_free (GST_VIDEO_AUGMENT (object)->policy_name);
  G_OBJECT_CLASS (gst_video_augment_parent_class)->finalize (object);
}

static gboolean
gst_video_augment_start (GstBaseTransform *base)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  g_autoptr (GError) error = NULL;

  self->counted = 0;
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

static guint64
gst_video_augment_frame_number (GstVideoAugment *self, const GstVideoFrame *frame)
{
  if (GST_BUFFER_OFFSET_IS_VALID (frame->buffer))
    return GST_BUFFER_OFFSET (frame->buffer);
  if (GST_BUFFER_PTS_IS_VALID (frame->buffer) && GST_VIDEO_INFO_FPS_N (&frame->info) > 0)
    return gst_generative_time_frame (GST_BUFFER_PTS (frame->buffer),
        GST_VIDEO_INFO_FPS_N (&frame->info), GST_VIDEO_INFO_FPS_D (&frame->info));
  return self->counted++;
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

static GstFlowReturn
gst_video_augment_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  guint64 number = gst_video_augment_frame_number (self, frame);
  GenAugmentPictureDraw *draw = &self->draw;
  GenAugmentSettings settings;
  GenAugmentFrame augmented;
  gboolean add_meta;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  add_meta = self->add_meta;
  GST_OBJECT_UNLOCK (self);
  settings.policy = self->policy;
  gst_generative_augment_frame_init (&augmented, frame);
  gen_augment_draw_picture (&settings, number, augmented.width, augmented.height, draw);
  gen_augment_render_frame (draw, self->workspace, &augmented);
  if (gen_augment_picture_moves (draw))
    gst_generative_augment_move_metas (frame->buffer, draw);
  if (add_meta)
    gst_generative_augment_meta_add (frame->buffer, number, draw);
  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %s in %.3f ms",
      number, GST_TIME_ARGS (GST_BUFFER_PTS (frame->buffer)),
      gen_augment_picture_moves (draw)     ? "moved"
      : gen_augment_picture_is_idle (draw) ? "left as it is"
                                           : "changed in its values",
      gst_generative_since (began));
  return GST_FLOW_OK;
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
  g_object_class_install_property (gobject_class, PROP_ADD_META,
      g_param_spec_boolean ("add-meta", "Add a meta",
          "Say on each frame what was done to it (custom meta generative-augment)",
          DEFAULT_ADD_META,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  gst_generative_augment_install (gobject_class, PROP_FIRST_OF_AUGMENT, &gen_medium_picture,
      "GstVideoAugment", "How often each transform is applied to a frame: 1 is always");

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Video augmentation", "Filter/Effect/Video",
      "Changes each frame at random, so that a model sees more pictures than there are",
      "gst-generative");

  transform_class->start = gst_video_augment_start;
  transform_class->stop = gst_video_augment_stop;
  transform_class->transform_caps = gst_video_augment_transform_caps;
  transform_class->query = gst_video_augment_query;
  transform_class->before_transform = gst_video_augment_before_transform;
  transform_class->transform_meta = gst_video_augment_transform_meta;
  transform_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = gst_video_augment_set_info;
  filter_class->transform_frame_ip = gst_video_augment_transform_frame_ip;
}

static void
gst_video_augment_init (GstVideoAugment *self)
{
  self->settings = gst_generative_augment_defaults (&gen_medium_picture);
  self->settings.clip_frames = DEFAULT_CLIP_FRAMES;
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
