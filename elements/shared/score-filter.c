/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell around whatever measures frames. It leaves buffers where they are: it is a filter in
 * place that never asks for writable memory, and its neighbours negotiate their allocation as if
 * it were not there. */
#include <glib/gstdio.h>

#include "debug.h"
#include "frames.h"
#include "interlaced.h"
#include "label-meta.h"
#include "model-file.h"
#include "score-filter-private.h"
#include "settings.h"

enum {
  PROP_0,
  PROP_REPORT,
  PROP_POST_MESSAGES,
};

/* Of what sinks allow for between a source and them, a good part. */
#define NEGLIGIBLE (5 * GST_MSECOND)

#define DEFAULT_REPORT NULL
#define DEFAULT_POST_MESSAGES FALSE

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstScoreFilter, gst_score_filter, GST_TYPE_BASE_TRANSFORM)

GstScoreFilterPrivate *
gst_score_filter_private (gpointer self)
{
  return gst_score_filter_get_instance_private (self);
}

const GstScoreFormat *
gst_score_filter_get_format (GstScoreFilter *self)
{
  return &gst_score_filter_private (self)->format;
}

static void
gst_score_filter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  switch (property_id) {
  case PROP_REPORT:
    GST_OBJECT_LOCK (object);
    g_free (self->report);
    self->report = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (object);
    break;
  case PROP_POST_MESSAGES:
    g_atomic_int_set (&self->post, g_value_get_boolean (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_score_filter_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  switch (property_id) {
  case PROP_REPORT:
    GST_OBJECT_LOCK (object);
    g_value_set_string (value, self->report);
    GST_OBJECT_UNLOCK (object);
    break;
  case PROP_POST_MESSAGES:
    g_value_set_boolean (value, g_atomic_int_get (&self->post));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
}

static void
gst_score_filter_finalize (GObject *object)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  gst_generative_windows_clear (&self->windows);
  g_free (self->report);
  G_OBJECT_CLASS (gst_score_filter_parent_class)->finalize (object);
}

/* --- the report --- */

typedef struct {
  GstElement *asks;
  GStatBuf file;
} Claim;

/* GCompareFunc: 0 for another element whose report is the very file. */
static int
compare_report (gconstpointer item, gconstpointer data)
{
  gpointer element = g_value_get_object (item);
  const Claim *claim = data;
  g_autofree char *report = NULL;
  GStatBuf file;

  if (!GST_IS_SCORE_FILTER (element) || element == claim->asks)
    return 1;
  g_object_get (element, "report", &report, NULL);
  return report == NULL || g_stat (report, &file) < 0 || file.st_dev != claim->file.st_dev ||
         file.st_ino != claim->file.st_ino;
}

/* Who writes to the report in this element's pipeline, or NULL. (transfer full) */
static GstElement *
find_writer (GstElement *element, const char *report)
{
  g_autoptr (GstObject) top = gst_object_ref (GST_OBJECT (element));
  g_autoptr (GstIterator) elements = NULL;
  Claim claim = { .asks = element };
  GValue found = G_VALUE_INIT;
  GstElement *writer = NULL;
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  if (!GST_IS_BIN (top) || g_stat (report, &claim.file) < 0)
    return NULL;
  elements = gst_bin_iterate_recurse (GST_BIN (top));
  if (gst_iterator_find_custom (elements, compare_report, &found, &claim)) {
    writer = g_value_dup_object (&found);
    g_value_unset (&found);
  }
  return writer;
}

static void
post_open_error (GstScoreFilter *filter, const char *report, const GError *error)
{
  g_autoptr (GstElement) writer = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    writer = find_writer (GST_ELEMENT (filter), report);
  if (writer != NULL)
    GST_ELEMENT_ERROR (filter, RESOURCE, BUSY,
        ("Property report: the file %s is the report of %s already, and two in one file would "
         "lose each other's lines: give each element a file of its own",
            report, GST_OBJECT_NAME (writer)),
        (NULL));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    GST_ELEMENT_ERROR (filter, RESOURCE, BUSY, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        filter, RESOURCE, OPEN_WRITE, ("Property report: %s", error->message), (NULL));
}

static gboolean
gst_score_filter_start (GstBaseTransform *base)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (base);
  g_autofree char *report = NULL;
  g_autoptr (GError) error = NULL;

  if (!klass->open (filter))
    return FALSE;
  GST_OBJECT_LOCK (base);
  report = g_strdup (self->report);
  GST_OBJECT_UNLOCK (base);
  self->score = gst_generative_score_new (GST_ELEMENT (base), report, &error);
  if (self->score == NULL) {
    post_open_error (filter, report, error);
    klass->close (filter);
    return FALSE;
  }
  if (report != NULL)
    GST_CAT_INFO_OBJECT (gst_generative_debug, base, "measurements are written to %s", report);
  self->frame = 0;
  self->summarised = TRUE;
  GST_OBJECT_LOCK (base);
  self->latency = (GstGenerativeLatency){ 0 };
  GST_OBJECT_UNLOCK (base);
  return TRUE;
}

static void
post_write_error (GstScoreFilter *filter, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        filter, RESOURCE, NO_SPACE_LEFT, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (filter, RESOURCE, WRITE, ("Property report: %s", error->message), (NULL));
}

void
gst_score_filter_summarise (GstScoreFilter *filter)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (self->summarised)
    return;
  self->summarised = TRUE;
  summary = GST_SCORE_FILTER_GET_CLASS (filter)->summarise (filter);
  if (summary != NULL && !gst_generative_score_summarise (self->score, summary, &error))
    post_write_error (filter, error);
}

static gboolean
gst_score_filter_stop (GstBaseTransform *base)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);

  gst_score_filter_forget_stretch (filter);
  gst_score_filter_summarise (filter);
  g_clear_pointer (&self->score, gst_generative_score_free);
  g_clear_pointer (&self->values, g_free);
  GST_SCORE_FILTER_GET_CLASS (base)->close (filter);
  return TRUE;
}

/* Whether `event` ends a stretch of frames: what comes behind it is something else. */
static gboolean
ends_stretch (GstBaseTransform *base, GstEvent *event)
{
  g_autoptr (GstCaps) now = NULL;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_EOS:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_GAP:
    return TRUE;
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    now = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
    return now != NULL && !gst_caps_is_equal (caps, now);
  default:
    return FALSE;
  }
}

static gboolean
gst_score_filter_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (base);

  if (self->score != NULL && ends_stretch (base, event)) {
    if (self->format.is_sound)
      gst_score_filter_end_stretch (filter);
    else if (klass->interrupt != NULL)
      klass->interrupt (filter);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->score != NULL)
    gst_score_filter_summarise (filter);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP && self->score != NULL) {
    gst_score_filter_forget_stretch (filter);
    if (klass->interrupt != NULL)
      klass->interrupt (filter);
  }
  return GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->sink_event (base, event);
}

static gboolean
gst_score_filter_set_caps (GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (base);
  GstScoreFormat format = { 0 };
  const GenField *fields;
  guint n;

  format.is_sound = gst_structure_has_name (gst_caps_get_structure (in, 0), "audio/x-raw");
  if (!(format.is_sound ? gst_audio_info_from_caps (&format.sound, in)
                        : gst_video_info_from_caps (&format.video, in)))
    return FALSE;
  self->format = format;
  if (!klass->set_format (filter, in, &self->format))
    return FALSE;
  fields = klass->get_fields (filter, &n);
  gst_generative_score_set_fields (self->score, fields, n);
  g_free (self->values);
  self->values = g_new (double, n);
  if (format.is_sound)
    gst_score_filter_begin_sound (filter);
  return TRUE;
}

static GstCaps *
gst_score_filter_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *result = GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)
                        ->transform_caps (base, direction, caps, filter);

  return gst_generative_only_progressive (base, direction, result);
}

static gboolean
gst_score_filter_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return gst_generative_latency_answer (&gst_score_filter_private (base)->latency, base, query);
  if (!GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->query (base, direction, query))
    return FALSE;
  if (direction == GST_PAD_SINK)
    gst_generative_explain_interlaced (GST_ELEMENT (base), query);
  return TRUE;
}

/* Buffers come from and go to wherever they would without us. */
static gboolean
gst_score_filter_propose_allocation (
    GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  return gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (base), query);
}

static gboolean
gst_score_filter_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  return TRUE;
}

/* Only metas are added: where the buffer is shared, the copy shares its memory. */
static GstFlowReturn
gst_score_filter_prepare_output_buffer (GstBaseTransform *base, GstBuffer *in, GstBuffer **out)
{
  *out = gst_buffer_is_writable (in) ? in : gst_buffer_copy (in);
  return GST_FLOW_OK;
}

/* --- measuring --- */

static gboolean
gst_score_filter_map (GstScoreFilter *filter, GstGenerativeFrame *mapped, GstBuffer *buffer)
{
  return gst_video_frame_map (&mapped->video, &gst_score_filter_private (filter)->format.video,
      buffer, GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF);
}

/* How long a window is held, and how far apart frames are. */
static void
expected_times (GstScoreFilterPrivate *self, GstClockTime *held, GstClockTime *interval)
{
  const GstVideoInfo *video = &self->format.video;

  *held = *interval = 0;
  if (self->format.is_sound && self->holding) {
    *held = gst_util_uint64_scale_ceil (self->windows.window, GST_SECOND, self->windows.rate);
    *interval = NEGLIGIBLE;
  }
  if (!self->format.is_sound && video->fps_n > 0)
    *interval = gst_util_uint64_scale (GST_SECOND, (guint64)video->fps_d, (guint64)video->fps_n);
}

/* A measurement that takes next to nothing is no reason to show frames later. */
void
gst_score_filter_note_run (GstScoreFilter *filter, GstClockTime start)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstGenerativeLatency *latency = &self->latency;
  const GstClockTime run_time = gst_util_get_timestamp () - start;
  GstClockTime held, interval;

  expected_times (self, &held, &interval);
  if (run_time <= NEGLIGIBLE && held == 0)
    return;
  if (latency->held != held || latency->interval != interval)
    gst_generative_latency_begin (latency, held, interval);
  gst_generative_latency_note (latency, GST_ELEMENT (filter), run_time);
}

gboolean
gst_score_filter_emit (GstScoreFilter *filter, GstBuffer *buffer, GstClockTime pts, guint nth)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  const GstGenerativeMeasurement measurement = { self->frame++, pts, nth, self->values };
  g_autoptr (GError) error = NULL;

  if (gst_generative_score_emit (
          self->score, buffer, &measurement, g_atomic_int_get (&self->post), &error))
    return TRUE;
  post_write_error (filter, error);
  return FALSE;
}

static GstFlowReturn
measure_picture (GstScoreFilter *filter, GstBuffer *buffer)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (filter);
  GstScoreFrame frame = { .buffer = buffer, .pts = GST_BUFFER_PTS (buffer) };
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GError) error = NULL;
  GstFlowReturn result;

  if (!gst_generative_check_frame (&self->format.video, buffer, &error)) {
    gst_generative_post_error (GST_ELEMENT (filter), error);
    return GST_FLOW_ERROR;
  }
  if (!klass->map (filter, &frame.mapped, buffer)) {
    GST_ELEMENT_ERROR (filter, RESOURCE, READ, ("A frame cannot be mapped"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (GST_BUFFER_IS_DISCONT (buffer) && klass->interrupt != NULL)
    klass->interrupt (filter);
  result = klass->measure (filter, &frame, self->values);
  gst_generative_frame_unmap (&frame.mapped);
  if (result != GST_FLOW_OK && result != GST_BASE_TRANSFORM_FLOW_DROPPED)
    return result;
  self->summarised = FALSE;
  gst_score_filter_note_run (filter, start);
  return gst_score_filter_emit (filter, buffer, frame.pts, 0) ? result : GST_FLOW_ERROR;
}

static GstFlowReturn
gst_score_filter_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);

  return gst_score_filter_private (base)->format.is_sound ? gst_score_filter_listen (filter, buffer)
                                                          : measure_picture (filter, buffer);
}

/* Sound that is held comes out piece by piece, whenever a window is whole. */
static GstFlowReturn
gst_score_filter_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (base->queued_buf != NULL && gst_score_filter_private (base)->format.is_sound) {
    flow = gst_score_filter_follow_on (filter, base->queued_buf);
    if (flow != GST_FLOW_OK)
      gst_clear_buffer (&base->queued_buf);
    else if (gst_score_filter_is_holding (filter))
      return gst_score_filter_hold (filter, g_steal_pointer (&base->queued_buf));
  }
  if (flow != GST_FLOW_OK)
    return flow;
  return GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->generate_output (base, output);
}

static void
gst_score_filter_class_init (GstScoreFilterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  gobject_class->set_property = gst_score_filter_set_property;
  gobject_class->get_property = gst_score_filter_get_property;
  gobject_class->finalize = gst_score_filter_finalize;

  g_object_class_install_property (gobject_class, PROP_REPORT,
      g_param_spec_string ("report", "Report",
          "File to write measurements to, as JSON Lines, the last one the summary; each element "
          "has one of its own (unset: none)",
          DEFAULT_REPORT, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post the measurements of each frame on the bus, as element messages generative-score "
          "(the summary always is)",
          DEFAULT_POST_MESSAGES, flags | GST_PARAM_MUTABLE_PLAYING));

  base_class->start = gst_score_filter_start;
  base_class->stop = gst_score_filter_stop;
  base_class->sink_event = gst_score_filter_sink_event;
  base_class->set_caps = gst_score_filter_set_caps;
  base_class->transform_caps = gst_score_filter_transform_caps;
  base_class->query = gst_score_filter_query;
  base_class->propose_allocation = gst_score_filter_propose_allocation;
  base_class->decide_allocation = gst_score_filter_decide_allocation;
  base_class->prepare_output_buffer = gst_score_filter_prepare_output_buffer;
  base_class->transform_ip = gst_score_filter_transform_ip;
  base_class->generate_output = gst_score_filter_generate_output;
  klass->map = gst_score_filter_map;

  gst_generative_label_register ();
  gst_type_mark_as_plugin_api (GST_TYPE_SCORE_FILTER, 0);
}

static void
gst_score_filter_init (GstScoreFilter *filter)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);

  self->report = g_strdup (DEFAULT_REPORT);
  self->post = DEFAULT_POST_MESSAGES;
  gst_generative_windows_init (&self->windows);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (filter), TRUE);
  /* Late frames are measured as well: what is left out would not be in the figures. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (filter), FALSE);
}
