/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell around whatever measures frames. It leaves buffers where they are: it is a filter in
 * place that never asks for writable memory, and its neighbours negotiate their allocation as if
 * it were not there. */
#include "debug.h"
#include "frames.h"
#include "interlaced.h"
#include "label-meta.h"
#include "model-file.h"
#include "score-filter-private.h"
#include "settings.h"

enum {
  PROP_0,
  PROP_REPORTING,
};

/* Of what sinks allow for between a source and them, a good part. */
#define NEGLIGIBLE (5 * GST_MSECOND)

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

guint64
gst_score_filter_count_repeated (GstScoreFilter *self)
{
  return gst_score_filter_private (self)->gate.repeated;
}

static void
gst_score_filter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  if (!gst_generative_reporting_set (&self->reporting, object, property_id - PROP_REPORTING, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_score_filter_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  if (!gst_generative_reporting_get (&self->reporting, object, property_id - PROP_REPORTING, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_score_filter_finalize (GObject *object)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (object);

  gst_generative_windows_clear (&self->windows);
  gst_score_gate_clear (&self->gate);
  gst_generative_reporting_clear (&self->reporting);
  G_OBJECT_CLASS (gst_score_filter_parent_class)->finalize (object);
}

static gboolean
gst_score_filter_start (GstBaseTransform *base)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (base);

  if (!klass->open (filter))
    return FALSE;
  if (!gst_generative_reporting_open (&self->reporting, GST_ELEMENT (base))) {
    klass->close (filter);
    return FALSE;
  }
  self->gate.repeated = 0;
  GST_OBJECT_LOCK (base);
  self->latency = (GstGenerativeLatency){ 0 };
  GST_OBJECT_UNLOCK (base);
  return TRUE;
}

void
gst_score_filter_summarise (GstScoreFilter *filter)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  g_autoptr (JsonObject) summary = NULL;

  if (!gst_generative_reporting_begin_summary (&self->reporting))
    return;
  summary = GST_SCORE_FILTER_GET_CLASS (filter)->summarise (filter);
  if (summary != NULL)
    gst_generative_reporting_summarise (&self->reporting, summary);
}

gboolean
gst_score_filter_add_object (
    GstScoreFilter *filter, const char *name, JsonObject *object, GError **error)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);

  return gst_generative_score_add_object (self->reporting.score, name, object, error);
}

static gboolean
gst_score_filter_stop (GstBaseTransform *base)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);
  GstScoreFilterPrivate *self = gst_score_filter_private (base);

  gst_score_filter_forget_stretch (filter);
  gst_score_gate_forget (filter);
  gst_score_filter_summarise (filter);
  gst_generative_reporting_close (&self->reporting);
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

static void
flush (GstScoreFilter *filter)
{
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (filter);

  gst_generative_reporting_interrupt (&gst_score_filter_private (filter)->reporting);
  gst_score_filter_forget_stretch (filter);
  gst_score_gate_forget (filter);
  if (klass->interrupt != NULL)
    klass->interrupt (filter);
}

/* What an event makes of what has come before it. */
static void
notice_event (GstScoreFilter *filter, GstEvent *event)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (filter);
  const GstSegment *segment;

  if (ends_stretch (GST_BASE_TRANSFORM (filter), event)) {
    if (self->format.is_sound)
      gst_score_filter_end_stretch (filter);
    else if (klass->interrupt != NULL)
      klass->interrupt (filter);
    gst_generative_reporting_interrupt (&self->reporting);
  }
  if (gst_score_gate_ends_waiting (event))
    gst_score_gate_finish (filter);
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_SEGMENT:
    gst_event_parse_segment (event, &segment);
    gst_score_gate_begin_segment (filter, segment);
    break;
  case GST_EVENT_EOS:
    gst_score_filter_summarise (filter);
    gst_generative_reporting_end (&self->reporting);
    break;
  case GST_EVENT_FLUSH_STOP:
    flush (filter);
    break;
  default:
    break;
  }
}

static gboolean
gst_score_filter_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);

  if (gst_score_filter_private (base)->reporting.score != NULL)
    notice_event (filter, event);
  if (gst_score_gate_queue_event (filter, event))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->sink_event (base, event);
}

static gboolean
gst_score_filter_src_event (GstBaseTransform *base, GstEvent *event)
{
  return GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)
      ->src_event (base, gst_score_gate_translate (GST_SCORE_FILTER (base), event));
}

static gboolean
read_format (GstCaps *caps, GstScoreFormat *format)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  format->is_sound = gst_structure_has_name (structure, "audio/x-raw");
  format->is_text = gst_structure_has_name (structure, "text/x-raw");
  if (format->is_text)
    return TRUE;
  return format->is_sound ? gst_audio_info_from_caps (&format->sound, caps)
                          : gst_video_info_from_caps (&format->video, caps);
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

  if (!read_format (in, &format))
    return FALSE;
  self->format = format;
  if (!klass->set_format (filter, in, &self->format))
    return FALSE;
  fields = klass->get_fields (filter, &n);
  if (!gst_generative_reporting_set_fields (&self->reporting, fields, n))
    return FALSE;
  gst_score_gate_begin (&self->gate, n);
  if (format.is_sound)
    gst_score_filter_begin_sound (filter);
  else if (gst_score_gate_waits (filter) > 0)
    gst_score_filter_note_run (filter, gst_util_get_timestamp ());
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
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE (query) == GST_QUERY_DRAIN)
    gst_score_gate_drain (GST_SCORE_FILTER (base));
  if (!GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->query (base, direction, query))
    return FALSE;
  if (direction == GST_PAD_SINK)
    gst_generative_explain_interlaced (GST_ELEMENT (base), query);
  return TRUE;
}

/* Buffers that wait, or may be repeated, are out of the next element's pool for longer. */
static void
ask_for_more (GstScoreFilter *filter, GstQuery *query)
{
  const GstScoreGateSettings settings = gst_score_gate_settings (filter);
  const guint more = settings.together - 1 + (settings.otherwise == GST_SCORE_GATE_REPEAT);

  for (guint i = 0; more > 0 && i < gst_query_get_n_allocation_pools (query); i++) {
    g_autoptr (GstBufferPool) pool = NULL;
    guint size, least, most;

    gst_query_parse_nth_allocation_pool (query, i, &pool, &size, &least, &most);
    gst_query_set_nth_allocation_pool (
        query, i, pool, size, least + more, most > 0 ? most + more : 0);
  }
}

/* Buffers come from and go to wherever they would without us. */
static gboolean
gst_score_filter_propose_allocation (
    GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (base), query))
    return FALSE;
  ask_for_more (GST_SCORE_FILTER (base), query);
  return TRUE;
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

/* Map a picture, or a text. FALSE when an error was posted. */
static gboolean
map_buffer (GstScoreFilter *filter, GstGenerativeFrame *mapped, GstBuffer *buffer)
{
  const GstScoreFormat *format = &gst_score_filter_private (filter)->format;
  g_autoptr (GError) error = NULL;

  if (!format->is_text && !gst_generative_check_frame (&format->video, buffer, &error)) {
    gst_generative_post_error (GST_ELEMENT (filter), error);
    return FALSE;
  }
  if (format->is_text ? gst_generative_sound_map (mapped, buffer, GST_MAP_READ)
                      : GST_SCORE_FILTER_GET_CLASS (filter)->map (filter, mapped, buffer))
    return TRUE;
  GST_ELEMENT_ERROR (filter, RESOURCE, READ,
      ("A %s cannot be mapped", format->is_text ? "text" : "frame"), (NULL));
  return FALSE;
}

/* How long a frame or a window is held, where so many wait for others, and how far apart frames
 * are. */
static void
expected_times (
    const GstScoreFilterPrivate *self, guint waits, GstClockTime *held, GstClockTime *interval)
{
  const GstVideoInfo *video = &self->format.video;
  const GstGenerativeWindows *windows = &self->windows;

  *held = *interval = 0;
  if (self->format.is_sound && self->holding) {
    *held = gst_util_uint64_scale_ceil (
        windows->window + waits * windows->hop, GST_SECOND, windows->rate);
    *interval = NEGLIGIBLE;
  }
  if (self->format.is_sound || video->fps_n <= 0)
    return;
  *interval = gst_util_uint64_scale (GST_SECOND, (guint64)video->fps_d, (guint64)video->fps_n);
  *held =
      gst_util_uint64_scale_ceil (waits * GST_SECOND, (guint64)video->fps_d, (guint64)video->fps_n);
}

/* A measurement that takes next to nothing is no reason to show frames later. */
void
gst_score_filter_note_run (GstScoreFilter *filter, GstClockTime start)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstGenerativeLatency *latency = &self->latency;
  const GstClockTime run_time = gst_util_get_timestamp () - start;
  GstClockTime held, interval;

  expected_times (self, gst_score_gate_waits (filter), &held, &interval);
  if (run_time <= NEGLIGIBLE && held == 0)
    return;
  if (latency->held != held || latency->interval != interval)
    gst_generative_latency_begin (latency, held, interval);
  gst_generative_latency_note (latency, GST_ELEMENT (filter), run_time);
}

gboolean
gst_score_filter_emit (
    GstScoreFilter *filter, GstBuffer *buffer, GstClockTime pts, guint nth, const double *values)
{
  return gst_generative_reporting_emit (
      &gst_score_filter_private (filter)->reporting, buffer, pts, nth, values);
}

gboolean
gst_score_filter_settle (GstScoreFilter *filter, GstBuffer *buffer, GstClockTime pts, guint nth)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstScoreJudged judged = { self->reporting.values, TRUE };

  if (GST_SCORE_FILTER_GET_CLASS (filter)->decide != NULL)
    GST_SCORE_FILTER_GET_CLASS (filter)->decide (filter, &judged, 1);
  return gst_score_filter_emit (filter, buffer, pts, nth, self->reporting.values);
}

static GstFlowReturn
measure_whole (GstScoreFilter *filter, GstBuffer *buffer)
{
  GstScoreFilterPrivate *self = gst_score_filter_private (filter);
  GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (filter);
  GstScoreFrame frame = { .buffer = buffer, .pts = GST_BUFFER_PTS (buffer) };
  GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn result;

  if (!map_buffer (filter, &frame.mapped, buffer))
    return GST_FLOW_ERROR;
  if (GST_BUFFER_IS_DISCONT (buffer) && klass->interrupt != NULL)
    klass->interrupt (filter);
  result = klass->measure (filter, &frame, self->reporting.values);
  gst_generative_frame_unmap (&frame.mapped);
  if (result != GST_FLOW_OK)
    return result;
  self->reporting.summarised = FALSE;
  gst_score_filter_note_run (filter, start);
  return GST_FLOW_OK;
}

static GstFlowReturn
measure_and_tell (GstScoreFilter *filter, GstBuffer *buffer)
{
  const GstFlowReturn result = measure_whole (filter, buffer);

  if (result != GST_FLOW_OK)
    return result;
  return gst_score_filter_settle (filter, buffer, GST_BUFFER_PTS (buffer), 0) ? GST_FLOW_OK
                                                                              : GST_FLOW_ERROR;
}

/* A picture that passes when, and if, it is decided so. (transfer full) */
static GstFlowReturn
hold_picture (GstScoreFilter *filter, GstBuffer *buffer)
{
  GstFlowReturn result;

  buffer = gst_buffer_make_writable (buffer); /* its metas, which are added to */
  result = measure_whole (filter, buffer);
  if (result == GST_FLOW_OK)
    return gst_score_gate_take (filter, buffer, GST_BUFFER_PTS (buffer));
  gst_buffer_unref (buffer);
  return result;
}

static GstFlowReturn
gst_score_filter_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstScoreFilter *filter = GST_SCORE_FILTER (base);

  return gst_score_filter_private (base)->format.is_sound ? gst_score_filter_listen (filter, buffer)
                                                          : measure_and_tell (filter, buffer);
}

/* What is held comes out when it is decided on: sound piece by piece, whenever a window is whole.
 */
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
  if (base->queued_buf != NULL && !gst_score_filter_private (base)->format.is_sound &&
      (gst_score_gate_is_shut (filter) || gst_score_gate_has_left_out (filter)))
    return hold_picture (filter, g_steal_pointer (&base->queued_buf));
  return GST_BASE_TRANSFORM_CLASS (gst_score_filter_parent_class)->generate_output (base, output);
}

static void
gst_score_filter_class_init (GstScoreFilterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  gobject_class->set_property = gst_score_filter_set_property;
  gobject_class->get_property = gst_score_filter_get_property;
  gobject_class->finalize = gst_score_filter_finalize;

  gst_generative_reporting_install (gobject_class, PROP_REPORTING);

  base_class->start = gst_score_filter_start;
  base_class->stop = gst_score_filter_stop;
  base_class->sink_event = gst_score_filter_sink_event;
  base_class->src_event = gst_score_filter_src_event;
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

  gst_generative_reporting_init (&self->reporting);
  gst_generative_windows_init (&self->windows);
  gst_score_gate_init (&self->gate);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (filter), TRUE);
  /* Late frames are measured as well: what is left out would not be in the figures. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (filter), FALSE);
}
