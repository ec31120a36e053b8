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
 * `randaugment`, `trivialaugment` and `augmix` are built in, and a file of steps has any others
 * (docs/augmentation.md).
 *
 * Regions of interest move along with what they are of, cut off at the edges of the frame, and go
 * where less than `min-visibility` of them is left; so do objects that GStreamer's analytics
 * library tells of, where the plugin is built with it. Key points (custom meta `generative-
 * keypoints`, whose `points` are x and y of each in turn) go where what they are of goes, by the
 * same map as pixels. Where pixels move, metas of other kinds that hang on the orientation of the
 * picture are left out. With `add-meta` each frame says what was done to it, in a custom meta
 * `generative-augment`: `frame`, its number, `steps`, with their values, and `matrix`, 9 numbers,
 * where lines stayed straight.
 * Interlaced frames are refused: put deinterlace in front. Frames of YUV are changed as they are,
 * without conversion (docs/augmentation.md says how each transform is done to them).
 *
 * Frames in CUDA memory are changed there, where all that properties ask for has a kernel, which
 * their descriptions say; else such frames are not taken, and an error names what has none.
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
#include "../elements.h"
#include "../shared/keypoints-meta.h"
#include "../shared/label-meta.h"
#include "../shared/passing.h"
#include "../shared/stream-time.h"

#include "augment-frame.h"
#include "augment-meta.h"
#include "videoaugment.h"

GST_DEBUG_CATEGORY (video_augment_debug);
#define GST_CAT_DEFAULT video_augment_debug

#define CAPS GST_GENERATIVE_CUDA_FILTER_CAPS GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_AUGMENT_FORMATS)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
G_DEFINE_FINAL_TYPE (GstVideoAugment, gst_video_augment, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (videoaugment, "videoaugment", GST_RANK_NONE, GST_TYPE_VIDEO_AUGMENT)

static void
gst_video_augment_finalize (GObject *object)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  g_free (self->policy_name);
  g_clear_pointer (&self->partner, gst_video_augment_partner_free);
  g_ptr_array_unref (self->masks);
  gst_video_augment_device_close (&self->device);
  gst_clear_object (&self->device.filter.context);
  G_OBJECT_CLASS (gst_video_augment_parent_class)->finalize (object);
}

static gboolean
gst_video_augment_start (GstBaseTransform *base)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (base);
  g_autoptr (GError) error = NULL;

  self->counted = 0;
  self->clip = 0;
  self->said_no_partners = self->said_no_kernel = FALSE;
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
  gst_video_augment_device_close (&self->device);
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

static void
gst_video_augment_set_context (GstElement *element, GstContext *context)
{
  gst_generative_cuda_filter_set_context (&GST_VIDEO_AUGMENT (element)->device.filter, context);
  GST_ELEMENT_CLASS (gst_video_augment_parent_class)->set_context (element, context);
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
  g_autoptr (GstPad) partner = NULL;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    partner = gst_video_augment_find_partner (self);
  if (partner != NULL)
    gst_pad_push_event (partner, gst_event_ref (event));
  return GST_BASE_TRANSFORM_CLASS (gst_video_augment_parent_class)->src_event (base, event);
}

static void
gst_video_augment_class_init (GstVideoAugmentClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (video_augment_debug, "videoaugment", 0, "what becomes of each frame");

  gobject_class->finalize = gst_video_augment_finalize;
  gst_generative_augment_meta_register ();
  gst_generative_keypoints_register ();
  gst_generative_label_register ();

  gst_video_augment_install_properties (gobject_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_video_augment_add_pad_templates (element_class);
  gst_element_class_set_static_metadata (element_class, "Video augmentation", "Filter/Effect/Video",
      "Changes each frame at random, so that a model sees more pictures than there are",
      "gst-generative");

  element_class->request_new_pad = gst_video_augment_request_pad;
  element_class->release_pad = gst_video_augment_release_pad;
  element_class->change_state = gst_video_augment_change_state;
  element_class->set_context = gst_video_augment_set_context;

  transform_class->start = gst_video_augment_start;
  transform_class->stop = gst_video_augment_stop;
  transform_class->transform_caps = gst_video_augment_transform_caps;
  transform_class->query = gst_video_augment_query;
  transform_class->sink_event = gst_video_augment_sink_event;
  transform_class->src_event = gst_video_augment_src_event;
  transform_class->before_transform = gst_video_augment_before_transform;
  transform_class->transform_meta = gst_video_augment_transform_meta;
  transform_class->decide_allocation = gst_video_augment_decide_allocation;
  transform_class->propose_allocation = gst_video_augment_propose_allocation;
  transform_class->submit_input_buffer = gst_video_augment_submit_input_buffer;
  transform_class->transform_ip = gst_video_augment_transform_ip;
  transform_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = gst_video_augment_set_info;
  filter_class->transform_frame_ip = gst_video_augment_transform_frame_ip;
}

static void
gst_video_augment_init (GstVideoAugment *self)
{
  self->device.filter.element = GST_ELEMENT (self);
  self->masks = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_video_augment_mask_free);
  gst_video_augment_init_properties (self);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
