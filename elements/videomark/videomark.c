/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-videomark
 * @title: videomark
 * @short_description: marks frames as made by a model, where nobody sees it
 *
 * Adds a pattern to luma that says, to whoever has the key, that these pictures were made, by whom,
 * by which model and when: 64 bits, of which each two seconds of the film, and most single frames,
 * have all. `videomarkdetect` and `generative-model mark read` read them, after encoders, scaling,
 * cuts and most of what happens to films (docs/marking.md says what, and what not).
 *
 * Whatever has the property `key` can read and forge marks: a file that its owner alone can read.
 * `operator` is a number of your own, `model` a file of which the mark carries the first 20 bits of
 * its SHA-256, `time` when the film was made (as a rule when the element starts); `payload` is all
 * of it at once.
 *
 * Frames are changed in place, with PSNR of 42 dB or more and, as a rule, SSIM above 0.985; the
 * pattern stands still, so that nothing flickers. Formats other than those of 8 bits of luma in a
 * plane take longer.
 *
 * Frames in CUDA memory (`memory:CUDAMemory`), as those of GStreamer's decoders, are marked where
 * they are, as they would be in the system's: RGB, BGR, RGBx, BGRx, RGBA, BGRA, NV12 and I420.
 *
 * With `encoder`, it is a net that marks, and another one, the `decoder` of `videomarkdetect`, that
 * reads: such a pair has learned to hide some bits, of which two seconds of a film have as many as
 * the 64 take. It sees frames of RGB in the system's memory, and takes as long as it takes.
 *
 * `enabled=false`, or the environment variable `GENERATIVE_MARK=off` when the element starts, lets
 * frames pass as they are, and a message says so.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=90 pattern=ball ! video/x-raw,width=640,height=360 ! \
 *   videomark key=mark.key operator=7 ! videomarkdetect key=mark.key ! fakesink -m
 * ]|
 */
#include <generative/learned-mark.h>
#include <gst/video/gstvideofilter.h>

#include "../elements.h"
#include "../shared/debug.h"
#include "../shared/mark-frame.h"
#include "../shared/mark-settings.h"
#include "../shared/passing.h"
#include "../shared/settings.h"
#include "../shared/stream-time.h"

#include "device.h"

GST_DEBUG_CATEGORY_STATIC (video_mark_debug);
#define GST_CAT_DEFAULT video_mark_debug

enum {
  PROP_0,
  PROP_ENCODER,
  PROP_MARK, /* and those behind it */
};

#define DEFAULT_ENCODER NULL

#define GST_TYPE_VIDEO_MARK (gst_video_mark_get_type ())
G_DECLARE_FINAL_TYPE (GstVideoMark, gst_video_mark, GST, VIDEO_MARK, GstVideoFilter)

struct _GstVideoMark {
  GstVideoFilter parent;

  char *encoder; /* property, under the object lock */
  GstGenerativeMarkSettings settings;

  GstVideoMarkDevice device;
  gboolean on_device; /* where frames are, as their caps say */

  /* From start to stop: one of both, or none where the environment says no. */
  GenPictureMark *mark;
  GenLearnedMark *learned;
  double strength;   /* of the next frame */
  GstClockTime next; /* when it is due, where it has no time */
};

#define CAPS GST_GENERATIVE_CUDA_FILTER_CAPS GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_MARK_FORMATS)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
G_DEFINE_FINAL_TYPE (GstVideoMark, gst_video_mark, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (videomark, "videomark", GST_RANK_NONE, GST_TYPE_VIDEO_MARK)

/* --- properties --- */

static void
gst_video_mark_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstVideoMark *self = GST_VIDEO_MARK (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  if (property_id == PROP_ENCODER) {
    GST_OBJECT_LOCK (self);
    g_free (self->encoder);
    self->encoder = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_generative_mark_settings_set (
                 &self->settings, object, property_id - PROP_MARK, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_video_mark_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstVideoMark *self = GST_VIDEO_MARK (object);

  if (property_id == PROP_ENCODER) {
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->encoder);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_generative_mark_settings_get (
                 &self->settings, object, property_id - PROP_MARK, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_video_mark_finalize (GObject *object)
{
  GstVideoMark *self = GST_VIDEO_MARK (object);

  g_free (self->encoder);
  gst_generative_mark_settings_clear (&self->settings);
  gst_video_mark_device_close (&self->device);
  gst_clear_object (&self->device.filter.context);
  G_OBJECT_CLASS (gst_video_mark_parent_class)->finalize (object);
}

/* --- from start to stop --- */

/* (transfer full) NULL: no net marks. */
static char *
get_encoder (GstVideoMark *self)
{
  char *encoder;

  GST_OBJECT_LOCK (self);
  encoder = self->encoder != NULL && *self->encoder != '\0' ? g_strdup (self->encoder) : NULL;
  GST_OBJECT_UNLOCK (self);
  return encoder;
}

static gboolean
open_mark (GstVideoMark *self, const GenMarkKey *key, guint64 bits)
{
  g_autofree char *encoder = get_encoder (self);
  g_autoptr (GError) error = NULL;

  if (encoder == NULL) {
    self->mark = gen_picture_mark_new (key, bits);
    return TRUE;
  }
  self->learned = gen_learned_mark_new (encoder, key, bits, &error);
  if (self->learned != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("Property encoder: %s", error->message), (NULL));
  return FALSE;
}

static gboolean
gst_video_mark_start (GstBaseTransform *base)
{
  GstVideoMark *self = GST_VIDEO_MARK (base);
  g_autoptr (GenMarkKey) key = NULL;
  guint64 bits;

  if (!gst_generative_mark_settings_start (&self->settings, GST_ELEMENT (self), &key, &bits))
    return FALSE;
  if (key == NULL)
    return TRUE;
  if (!open_mark (self, key, bits))
    return FALSE;
  self->next = 0;
  GST_INFO_OBJECT (self, "marks say %016" G_GINT64_MODIFIER "x", bits);
  return TRUE;
}

static gboolean
gst_video_mark_stop (GstBaseTransform *base)
{
  GstVideoMark *self = GST_VIDEO_MARK (base);

  g_clear_pointer (&self->mark, gen_picture_mark_free);
  g_clear_pointer (&self->learned, gen_learned_mark_free);
  gst_video_mark_device_close (&self->device);
  return TRUE;
}

/* --- formats and memory --- */

static gboolean
gst_video_mark_set_info (GstVideoFilter *filter, GstCaps *input_caps, GstVideoInfo *input,
    GstCaps *output_caps, GstVideoInfo *output)
{
  GstVideoMark *self = GST_VIDEO_MARK (filter);
  const int width = GST_VIDEO_INFO_WIDTH (input), height = GST_VIDEO_INFO_HEIGHT (input);
  g_autoptr (GError) error = NULL;

  if (self->mark != NULL)
    gen_picture_mark_set_size (self->mark, width, height);
  if (self->learned != NULL && !gen_learned_mark_set_size (self->learned, width, height, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property encoder: %s", error->message), (NULL));
    return FALSE;
  }
  self->on_device = gst_generative_cuda_in_caps (input_caps, 0);
  if (self->on_device && !gst_generative_cuda_filter_open (&self->device.filter)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("frames are in CUDA memory, but there is no CUDA context to be had"), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "frames of %" GST_PTR_FORMAT, input_caps);
  return TRUE;
}

static GstCaps *
gst_video_mark_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  g_autofree char *encoder = get_encoder (GST_VIDEO_MARK (base));
  GstCaps *result = gst_generative_mark_caps (caps, filter, encoder != NULL);

  /* Elements can be linked before it is known whether there is a device. */
  if (GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (base)) &&
      gst_generative_cuda_filter_has (result) && !gen_device_cuda.available (NULL))
    return gst_generative_cuda_filter_remove (result);
  return result;
}

static void
gst_video_mark_set_context (GstElement *element, GstContext *context)
{
  gst_generative_cuda_filter_set_context (&GST_VIDEO_MARK (element)->device.filter, context);
  GST_ELEMENT_CLASS (gst_video_mark_parent_class)->set_context (element, context);
}

static gboolean
gst_video_mark_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT &&
      gst_generative_cuda_filter_answer (&GST_VIDEO_MARK (base)->device.filter, query))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (gst_video_mark_parent_class)->query (base, direction, query);
}

static gboolean
gst_video_mark_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  GstObject *context = GST_VIDEO_MARK (base)->device.filter.context;

  if (gst_generative_cuda_filter_asked (query, context))
    return gst_generative_cuda_decide_pool (context, query);
  return GST_BASE_TRANSFORM_CLASS (gst_video_mark_parent_class)->decide_allocation (base, query);
}

static gboolean
gst_video_mark_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstObject *context = GST_VIDEO_MARK (base)->device.filter.context;

  if (decide != NULL && gst_generative_cuda_filter_asked (query, context))
    return gst_generative_cuda_propose_pool (context, query);
  return GST_BASE_TRANSFORM_CLASS (gst_video_mark_parent_class)
      ->propose_allocation (base, decide, query);
}

/* --- frames --- */

static GstFlowReturn
gst_video_mark_submit_input_buffer (GstBaseTransform *base, gboolean is_discont, GstBuffer *buffer)
{
  if (GST_VIDEO_MARK (base)->on_device)
    buffer = gst_generative_cuda_filter_writable (base, buffer);
  return GST_BASE_TRANSFORM_CLASS (gst_video_mark_parent_class)
      ->submit_input_buffer (base, is_discont, buffer);
}

/* What passes untouched need not be copied. */
static void
gst_video_mark_before_transform (GstBaseTransform *base, GstBuffer *buffer)
{
  GstVideoMark *self = GST_VIDEO_MARK (base);

  gst_generative_sync_values (base, &base->segment, GST_BUFFER_PTS (buffer));
  self->strength = gst_generative_mark_settings_next (&self->settings, GST_ELEMENT (self));
  gst_base_transform_set_passthrough (base, self->strength <= 0);
}

static gboolean
gst_video_mark_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (base)->in_info;

  return gst_generative_pass_meta (meta, input, info, output, info);
}

static GstFlowReturn
gst_video_mark_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstVideoMark *self = GST_VIDEO_MARK (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GenMarkFrame marked;
  g_autoptr (GError) error = NULL;
  gint64 begin, end;

  gst_generative_mark_frame_init (&marked, frame);
  gst_generative_mark_times (
      GST_BASE_TRANSFORM (self), &filter->in_info, frame->buffer, &self->next, &begin, &end);
  if (self->mark != NULL) {
    gen_picture_mark_apply (self->mark, &marked, self->strength);
  } else if (!gen_learned_mark_apply (self->learned, &marked, begin, self->strength, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("Property encoder: %s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": marked in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (frame->buffer), gst_generative_since (began));
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_video_mark_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstVideoMark *self = GST_VIDEO_MARK (base);
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstFlowReturn flow;

  if (!self->on_device || self->mark == NULL ||
      !gst_generative_cuda_filter_holds (&self->device.filter, buffer))
    return GST_BASE_TRANSFORM_CLASS (gst_video_mark_parent_class)->transform_ip (base, buffer);
  flow = gst_video_mark_device_apply (&self->device, self->mark, info, buffer, self->strength);
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": marked where it lies in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (buffer), gst_generative_since (began));
  return flow;
}

/* --- the class --- */

static void
gst_video_mark_class_init (GstVideoMarkClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (video_mark_debug, "videomark", 0, "what marks say, and each frame");

  gobject_class->set_property = gst_video_mark_set_property;
  gobject_class->get_property = gst_video_mark_get_property;
  gobject_class->finalize = gst_video_mark_finalize;

  g_object_class_install_property (gobject_class, PROP_ENCODER,
      g_param_spec_string ("encoder", "Encoder",
          "ONNX model that marks, of a pair of nets that have learned it, in frames of RGB: it "
          "takes a "
          "picture and bits, and makes a picture (unset: the pattern)",
          DEFAULT_ENCODER, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  gst_generative_mark_settings_install (gobject_class, PROP_MARK, GEN_PICTURE_MARK_STRENGTH_MAX);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Video mark", "Filter/Effect/Video",
      "Marks frames as made by a model, by an imperceptible pattern that survives encoders",
      "gst-generative");

  element_class->set_context = gst_video_mark_set_context;

  transform_class->start = gst_video_mark_start;
  transform_class->stop = gst_video_mark_stop;
  transform_class->transform_caps = gst_video_mark_transform_caps;
  transform_class->query = gst_video_mark_query;
  transform_class->decide_allocation = gst_video_mark_decide_allocation;
  transform_class->propose_allocation = gst_video_mark_propose_allocation;
  transform_class->submit_input_buffer = gst_video_mark_submit_input_buffer;
  transform_class->before_transform = gst_video_mark_before_transform;
  transform_class->transform_meta = gst_video_mark_transform_meta;
  transform_class->transform_ip = gst_video_mark_transform_ip;
  transform_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = gst_video_mark_set_info;
  filter_class->transform_frame_ip = gst_video_mark_transform_frame_ip;
}

static void
gst_video_mark_init (GstVideoMark *self)
{
  self->device.filter.element = GST_ELEMENT (self);
  self->encoder = g_strdup (DEFAULT_ENCODER);
  gst_generative_mark_settings_init (&self->settings);
}
