/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-videomarkdetect
 * @title: videomarkdetect
 * @short_description: finds the marks of videomark
 *
 * Looks for marks of a key in frames, which pass as they are, and tells where they are, what they
 * say and how sure that is. It looks at the frames of two seconds together, each half second, and
 * finds marks that were scaled, cut, mirrored or turned a little since. Spans of time that are
 * marked are told by element messages `generative-mark`, when they begin and once more when they
 * have ended (`ended`): `begin` and `end` (of the stream, in nanoseconds), `payload` (16
 * hexadecimal digits), `operator`, `model` (5 digits), `time` (seconds since 1970), `windows`,
 * `deviations`, `errors`, `scale-across`, `scale-down`, `rotation`, and `left`, `top`, `right` and
 * `bottom`, where in the picture it stands. That a mark is told where
 * there is none has a probability below 1e-10 for each window.
 *
 * Frames that come while the last window had a mark carry a custom meta `generative-mark` with
 * `payload`, `operator`, `model` and `time`; and where the mark does not stand in all of the
 * picture, as one that was pasted into another, a GstVideoRegionOfInterestMeta of that type says
 * where, to a thirtieth of the sides or so. With `report` there is a line of JSON for each span
 * that has ended, and a summary.
 *
 * With `decoder`, it is a net that reads, what the net that is its pair has written (`encoder` of
 * `videomark`): nothing is known then of how the picture was scaled or turned.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=90 pattern=ball ! video/x-raw,width=640,height=360 ! \
 *   videomark key=mark.key operator=7 ! videoscale ! video/x-raw,width=480,height=270 ! \
 *   videomarkdetect key=mark.key ! fakesink
 * ]|
 */
#include <generative/learned-mark.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/gstvideometa.h>
#include <math.h>

#include "../elements.h"
#include "../shared/debug.h"
#include "../shared/mark-frame.h"
#include "../shared/mark-report.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY_STATIC (video_mark_detect_debug);
#define GST_CAT_DEFAULT video_mark_detect_debug

enum {
  PROP_0,
  PROP_DECODER,
  PROP_REPORT, /* and those behind it */
};

#define DEFAULT_DECODER NULL

#define GST_TYPE_VIDEO_MARK_DETECT (gst_video_mark_detect_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVideoMarkDetect, gst_video_mark_detect, GST, VIDEO_MARK_DETECT, GstVideoFilter)

struct _GstVideoMarkDetect {
  GstVideoFilter parent;

  char *decoder; /* property, under the object lock */
  GstGenerativeMarkReport report;

  /* From start to stop: one of both. */
  GenPictureMarkReader *reader;
  GenLearnedMarkReader *learned;
  GstClockTime next;          /* when the next frame is due that has no time */
  GenPictureMarkReading last; /* that has found a mark */
};

#define CAPS GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_MARK_FORMATS)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
G_DEFINE_FINAL_TYPE (GstVideoMarkDetect, gst_video_mark_detect, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (
    videomarkdetect, "videomarkdetect", GST_RANK_NONE, GST_TYPE_VIDEO_MARK_DETECT)

/* --- properties --- */

static void
gst_video_mark_detect_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  if (property_id == PROP_DECODER) {
    GST_OBJECT_LOCK (self);
    g_free (self->decoder);
    self->decoder = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_generative_mark_report_set (
                 &self->report, object, property_id - PROP_REPORT, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_video_mark_detect_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (object);

  if (property_id == PROP_DECODER) {
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->decoder);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_generative_mark_report_get (
                 &self->report, object, property_id - PROP_REPORT, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_video_mark_detect_finalize (GObject *object)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (object);

  g_free (self->decoder);
  gst_generative_mark_report_clear (&self->report);
  G_OBJECT_CLASS (gst_video_mark_detect_parent_class)->finalize (object);
}

/* --- from start to stop --- */

/* What comes next does not follow what came before. */
static void
end_spans (gpointer element)
{
  GstVideoMarkDetect *self = element;
  GenPictureMarkReading reading;

  if (self->reader == NULL && self->learned == NULL)
    return;
  if (self->learned != NULL ? gen_learned_mark_reader_finish (self->learned, &reading)
                            : gen_picture_mark_reader_finish (self->reader, &reading))
    gen_mark_spans_add (self->report.spans, &reading);
  gen_mark_spans_end (self->report.spans);
}

/* (transfer full) NULL: no net looks. */
static char *
get_decoder (GstVideoMarkDetect *self)
{
  char *decoder;

  GST_OBJECT_LOCK (self);
  decoder = self->decoder != NULL && *self->decoder != '\0' ? g_strdup (self->decoder) : NULL;
  GST_OBJECT_UNLOCK (self);
  return decoder;
}

static gboolean
open_reader (GstVideoMarkDetect *self, const GenMarkKey *key)
{
  g_autofree char *decoder = get_decoder (self);
  g_autoptr (GError) error = NULL;

  if (decoder == NULL) {
    self->reader = gen_picture_mark_reader_new (key);
    return TRUE;
  }
  self->learned = gen_learned_mark_reader_new (decoder, key, &error);
  if (self->learned != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("Property decoder: %s", error->message), (NULL));
  gst_generative_mark_report_close (&self->report);
  return FALSE;
}

static gboolean
gst_video_mark_detect_start (GstBaseTransform *base)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (base);
  g_autoptr (GenMarkKey) key =
      gst_generative_mark_report_open (&self->report, GST_ELEMENT (self), GST_CAT_DEFAULT);

  self->next = 0;
  return key != NULL && open_reader (self, key);
}

static gboolean
gst_video_mark_detect_stop (GstBaseTransform *base)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (base);

  end_spans (self);
  gst_generative_mark_report_summarise (&self->report);
  g_clear_pointer (&self->reader, gen_picture_mark_reader_free);
  g_clear_pointer (&self->learned, gen_learned_mark_reader_free);
  gst_generative_mark_report_close (&self->report);
  return TRUE;
}

static gboolean
gst_video_mark_detect_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (base);

  if (gst_generative_mark_report_take_event (&self->report, event, end_spans))
    self->next = 0;
  return GST_BASE_TRANSFORM_CLASS (gst_video_mark_detect_parent_class)->sink_event (base, event);
}

/* Frames of another size are not added up with those before. */
static gboolean
gst_video_mark_detect_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (filter);
  const GstVideoInfo *before = &filter->in_info;
  g_autoptr (GError) error = NULL;

  if (before->width != in_info->width || before->height != in_info->height)
    end_spans (self);
  if (self->learned == NULL ||
      gen_learned_mark_reader_set_size (self->learned, in_info->width, in_info->height, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property decoder: %s", error->message), (NULL));
  return FALSE;
}

static GstCaps *
gst_video_mark_detect_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  g_autofree char *decoder = get_decoder (GST_VIDEO_MARK_DETECT (base));

  return gst_generative_mark_caps (caps, filter, decoder != NULL);
}

/* --- frames --- */

static void
add_reading (GstVideoMarkDetect *self, const GenPictureMarkReading *reading)
{
  gen_mark_spans_add (self->report.spans, reading);
  if (reading->found)
    self->last = *reading;
}

/* FALSE when an error was posted. */
static gboolean
look (GstVideoMarkDetect *self, const GenMarkFrame *frame, gint64 begin, gint64 end)
{
  GenPictureMarkReading reading;
  g_autoptr (GError) error = NULL;

  if (self->learned == NULL) {
    if (gen_picture_mark_reader_add (self->reader, frame, begin, end, &reading))
      add_reading (self, &reading);
    return TRUE;
  }
  if (!gen_learned_mark_reader_add (self->learned, frame, begin, end, &reading, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("Property decoder: %s", error->message), (NULL));
    return FALSE;
  }
  if (reading.end > 0)
    add_reading (self, &reading);
  return TRUE;
}

static GstFlowReturn
gst_video_mark_detect_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT), begin, end;
  const gint64 due = (gint64)self->next;
  GenMarkFrame looked;

  gst_generative_mark_frame_init (&looked, frame);
  gst_generative_mark_times (
      GST_BASE_TRANSFORM (self), &filter->in_info, frame->buffer, &self->next, &begin, &end);
  /* Frames that are missing, as behind a queue that leaks, are no cut. */
  if (GST_BUFFER_IS_DISCONT (frame->buffer) && ABS (begin - due) > GST_SECOND)
    end_spans (self);
  if (!look (self, &looked, begin, end))
    return GST_FLOW_ERROR;
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": looked at in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (frame->buffer), gst_generative_since (began));
  return gst_generative_mark_report_count (&self->report, 1) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Where the mark stands, if that is not all of the picture. */
static void
add_region (GstVideoMarkDetect *self, GstBuffer *buffer)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  const GenPictureMarkReading *last = &self->last;
  const guint left = (guint)(last->left * info->width), top = (guint)(last->top * info->height);
  const guint right = (guint)ceil (last->right * info->width);
  const guint bottom = (guint)ceil (last->bottom * info->height);

  if (last->left > 0 || last->top > 0 || last->right < 1 || last->bottom < 1)
    gst_buffer_add_video_region_of_interest_meta (
        buffer, GST_GENERATIVE_MARK, left, top, right - left, bottom - top);
}

/* The frame is mapped to be read, and what carries the meta is a buffer of its own where others
 * have it, too, with the same memory. */
static GstFlowReturn
gst_video_mark_detect_prepare_output_buffer (
    GstBaseTransform *base, GstBuffer *input, GstBuffer **output)
{
  *output = gst_buffer_is_writable (input) ? input : gst_buffer_copy (input);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_video_mark_detect_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstVideoMarkDetect *self = GST_VIDEO_MARK_DETECT (base);
  GstVideoFrame frame;
  GstFlowReturn flow;

  if (!GST_VIDEO_FILTER (base)->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_video_frame_map (&frame, &GST_VIDEO_FILTER (base)->in_info, buffer,
          GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("a frame cannot be read: its buffer is too small"), (NULL));
    return GST_FLOW_ERROR;
  }
  flow = gst_video_mark_detect_transform_frame_ip (GST_VIDEO_FILTER (base), &frame);
  gst_video_frame_unmap (&frame);
  gst_generative_mark_report_add_meta (&self->report, buffer);
  if (gen_mark_spans_get (self->report.spans) != NULL)
    add_region (self, buffer);
  return flow;
}

/* --- the class --- */

static void
gst_video_mark_detect_class_init (GstVideoMarkDetectClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      video_mark_detect_debug, "videomarkdetect", 0, "marks that are found, and each frame");

  gobject_class->set_property = gst_video_mark_detect_set_property;
  gobject_class->get_property = gst_video_mark_detect_get_property;
  gobject_class->finalize = gst_video_mark_detect_finalize;

  g_object_class_install_property (gobject_class, PROP_DECODER,
      g_param_spec_string ("decoder", "Decoder",
          "ONNX model that reads what the encoder of videomark has written, in frames of RGB "
          "(unset: "
          "marks that no net has made are looked for)",
          DEFAULT_DECODER, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  gst_generative_mark_report_install (gobject_class, PROP_REPORT);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Video mark detector",
      "Filter/Analyzer/Video", "Finds the marks of videomark and tells what they say",
      "gst-generative");

  transform_class->start = gst_video_mark_detect_start;
  transform_class->stop = gst_video_mark_detect_stop;
  transform_class->transform_caps = gst_video_mark_detect_transform_caps;
  transform_class->sink_event = gst_video_mark_detect_sink_event;
  transform_class->prepare_output_buffer = gst_video_mark_detect_prepare_output_buffer;
  transform_class->transform_ip = gst_video_mark_detect_transform_ip;
  GST_VIDEO_FILTER_CLASS (klass)->set_info = gst_video_mark_detect_set_info;
  GST_VIDEO_FILTER_CLASS (klass)->transform_frame_ip = gst_video_mark_detect_transform_frame_ip;
}

static void
gst_video_mark_detect_init (GstVideoMarkDetect *self)
{
  self->decoder = g_strdup (DEFAULT_DECODER);
  gst_generative_mark_report_init (&self->report);
}
