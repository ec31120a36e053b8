/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who passes. Frames and windows that are decided on together wait until all of them have been
 * measured, with the events that came between them; then each is told of, in order, and passes, or
 * leaves a gap, or has its place taken by the last one that passed. */
#include "score-gate.h"

#include "debug.h"
#include "score-filter-private.h"

#define GST_CAT_DEFAULT gst_generative_debug

typedef struct {
  GstBuffer *buffer; /* NULL where there is none of its own */
  GstEvent *event;   /* in the place of a buffer */
  GstClockTime pts;  /* when what was measured begins */
  gboolean measured; /* else it goes with the one before */
} GstScoreWaiting;

static GstScoreGate *
gate_of (GstScoreFilter *self)
{
  return &gst_score_filter_private (self)->gate;
}

static void
clear_waiting (gpointer data)
{
  GstScoreWaiting *waiting = data;

  gst_clear_buffer (&waiting->buffer);
  gst_clear_event (&waiting->event);
}

void
gst_score_gate_init (GstScoreGate *gate)
{
  gate->waiting = g_array_new (FALSE, FALSE, sizeof (GstScoreWaiting));
  g_array_set_clear_func (gate->waiting, clear_waiting);
  gate->values = g_array_new (FALSE, FALSE, sizeof (double));
  gate->judged = g_array_new (FALSE, FALSE, sizeof (GstScoreJudged));
  gate->passes = TRUE;
  gst_generative_loop_init (&gate->loop);
  gate->previous = GST_CLOCK_TIME_NONE;
  gate->settings.together = 1;
  gate->rate = 1;
}

void
gst_score_gate_clear (GstScoreGate *gate)
{
  g_array_unref (gate->waiting);
  g_array_unref (gate->values);
  g_array_unref (gate->judged);
  gst_clear_buffer (&gate->last);
  gst_generative_loop_clear (&gate->loop);
}

void
gst_score_gate_begin (GstScoreGate *gate, guint n_values)
{
  gate->n_values = n_values;
  gst_clear_buffer (&gate->last);
}

GstScoreGateSettings
gst_score_gate_settings (GstScoreFilter *self)
{
  const GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (self);
  GstScoreGateSettings settings = { .together = 1 };

  if (klass->get_gate != NULL)
    klass->get_gate (self, &settings);
  return settings;
}

gboolean
gst_score_gate_is_shut (GstScoreFilter *self)
{
  const GstScoreGateSettings settings = gst_score_gate_settings (self);

  return settings.otherwise != GST_SCORE_GATE_PASS || settings.together > 1 ||
         gate_of (self)->waiting->len > 0;
}

guint
gst_score_gate_waits (GstScoreFilter *self)
{
  return gst_score_gate_settings (self).together - 1;
}

gboolean
gst_score_gate_has_left_out (GstScoreFilter *self)
{
  const GstScoreGate *gate = gate_of (self);

  return gate->gap || gate->left_out || gate->shift != 0;
}

/* --- time --- */

/* What was left out last leaves no time behind. */
static void
shift_by (GstScoreFilter *self, gint64 time)
{
  GstScoreGate *gate = gate_of (self);

  gate->left_out = FALSE;
  GST_OBJECT_LOCK (self);
  gate->shift += time;
  GST_OBJECT_UNLOCK (self);
}

/* Nor does it where something else follows than the next buffer. */
static void
end_time (GstScoreFilter *self)
{
  GstScoreGate *gate = gate_of (self);
  const gint64 forward = gate->rate < 0 ? -1 : 1;

  if (gate->left_out && gate->settings.restamp && GST_CLOCK_TIME_IS_VALID (gate->length))
    shift_by (self, forward * (gint64)gate->length);
  gate->left_out = FALSE;
}

/* Where time goes back it may go back to before what was left out: what comes next begins with the
 * segment then, and no earlier. */
static void
keep_in_segment (GstScoreFilter *self, GstClockTime pts)
{
  const GstScoreGate *gate = gate_of (self);
  const gint64 most = (gint64)(pts - MIN (pts, gate->start));

  if (gate->shift > most)
    shift_by (self, most - gate->shift);
}

/* `buffer` is what comes next. */
static void
follow_time (GstScoreFilter *self, const GstBuffer *buffer)
{
  GstScoreGate *gate = gate_of (self);
  const GstClockTime pts = GST_BUFFER_PTS (buffer);

  if (GST_BUFFER_IS_DISCONT (buffer))
    end_time (self);
  if (gate->left_out && gate->settings.restamp && GST_CLOCK_TIME_IS_VALID (pts) &&
      GST_CLOCK_TIME_IS_VALID (gate->previous))
    shift_by (self, GST_CLOCK_DIFF (gate->previous, pts));
  if (GST_CLOCK_TIME_IS_VALID (pts))
    keep_in_segment (self, pts);
  gate->left_out = FALSE;
  gate->previous = pts;
  gate->length = GST_BUFFER_DURATION (buffer);
}

static GstClockTime
shifted (const GstScoreGate *gate, GstClockTime time)
{
  return GST_CLOCK_TIME_IS_VALID (time) ? (GstClockTime)MAX ((gint64)time - gate->shift, 0) : time;
}

static GstBuffer *
restamp (const GstScoreGate *gate, GstBuffer *buffer)
{
  if (gate->shift == 0)
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = shifted (gate, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer) = shifted (gate, GST_BUFFER_DTS (buffer));
  GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET_NONE;
  return buffer;
}

void
gst_score_gate_interrupt (GstScoreFilter *self)
{
  end_time (self);
  gate_of (self)->gap = TRUE;
  gst_generative_loop_interrupt (&gate_of (self)->loop);
}

void
gst_score_gate_begin_segment (GstScoreFilter *self, const GstSegment *segment)
{
  GstScoreGate *gate = gate_of (self);

  gate->left_out = FALSE;
  gate->start = segment->format == GST_FORMAT_TIME ? segment->start : 0;
  GST_OBJECT_LOCK (self);
  gate->shift = 0;
  gate->rate = segment->rate;
  GST_OBJECT_UNLOCK (self);
}

/* A frame that has been shown late was, where it comes from, as late as it is, and of a time by as
 * much later as has been left out. */
GstEvent *
gst_score_gate_translate (GstScoreFilter *self, GstEvent *event)
{
  GstStructure *said;
  GstClockTime timestamp;
  GstClockTimeDiff late;
  double proportion, rate;
  GstQOSType type;
  gint64 shift;

  if (GST_EVENT_TYPE (event) != GST_EVENT_QOS)
    return event;
  GST_OBJECT_LOCK (self);
  shift = ABS (gate_of (self)->shift);
  rate = ABS (gate_of (self)->rate);
  GST_OBJECT_UNLOCK (self);
  gst_event_parse_qos (event, &type, &proportion, &late, &timestamp);
  if (shift == 0 || !GST_CLOCK_TIME_IS_VALID (timestamp) || rate == 0)
    return event;
  event = gst_event_make_writable (event);
  said = gst_event_writable_structure (event);
  gst_structure_set (
      said, "timestamp", G_TYPE_UINT64, timestamp + (GstClockTime)((double)shift / rate), NULL);
  return event;
}

/* --- what becomes of a buffer --- */

/* `buffer` passes. (transfer full) */
static GstFlowReturn
pass (GstScoreFilter *self, GstBuffer *buffer)
{
  GstScoreGate *gate = gate_of (self);

  if (gate->gap) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }
  gate->gap = FALSE;
  return gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), restamp (gate, buffer));
}

/* It does not, and nothing does in its place. */
static void
leave_out (GstScoreFilter *self, const GstBuffer *buffer)
{
  GstScoreGate *gate = gate_of (self);

  gate->left_out = TRUE;
  if (gate->settings.restamp)
    return;
  gate->gap = TRUE;
  GST_DEBUG_OBJECT (self, "a gap of %" GST_TIME_FORMAT " at %" GST_TIME_FORMAT,
      GST_TIME_ARGS (GST_BUFFER_DURATION (buffer)), GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self),
        gst_event_new_gap (GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer)));
}

/* The sound that passed last goes on in `copy`, for as long as `buffer` is. */
static void
play_loop (GstScoreFilter *self, GstBuffer *copy, const GstBuffer *buffer)
{
  const gsize size = gst_buffer_get_size ((GstBuffer *)buffer);
  GstScoreGate *gate = gate_of (self);
  GstMapInfo map;

  gst_buffer_replace_all_memory (copy, gst_allocator_alloc (NULL, size, NULL));
  if (!gst_buffer_map (copy, &map, GST_MAP_WRITE))
    return;
  gst_generative_loop_play (
      &gate->loop, map.data, size / (gsize)GST_AUDIO_INFO_BPF (&gate->loop.info));
  gst_buffer_unmap (copy, &map);
}

/* The last one that passed, in the time of `buffer`. */
static GstFlowReturn
repeat (GstScoreFilter *self, const GstBuffer *buffer)
{
  GstBuffer *copy = gst_buffer_copy (gate_of (self)->last);

  if (gst_score_filter_private (self)->format.is_sound)
    play_loop (self, copy, buffer);
  GST_BUFFER_PTS (copy) = GST_BUFFER_PTS (buffer);
  GST_BUFFER_DTS (copy) = GST_BUFFER_DTS (buffer);
  GST_BUFFER_DURATION (copy) = GST_BUFFER_DURATION (buffer);
  GST_BUFFER_OFFSET (copy) = GST_BUFFER_OFFSET (buffer);
  GST_BUFFER_OFFSET_END (copy) = GST_BUFFER_OFFSET_END (buffer);
  GST_BUFFER_FLAG_UNSET (copy, GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_RESYNC);
  GST_BUFFER_FLAG_SET (
      copy, GST_BUFFER_FLAGS (buffer) & (GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_RESYNC));
  gst_generative_score_set_repeated (copy);
  return pass (self, copy);
}

/* Sound that passes may be repeated, and follows what was. (transfer full, both ways) */
static GstBuffer *
keep_sound (GstScoreFilter *self, GstBuffer *buffer)
{
  const GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstScoreGate *gate = gate_of (self);
  GstMapInfo map;

  buffer = gst_buffer_make_writable (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return buffer;
  gst_generative_loop_keep (
      &gate->loop, map.data, map.size / private->windows.frame_size, private->windows.window);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* What passes may be repeated. (transfer full, both ways) */
static GstBuffer *
keep (GstScoreFilter *self, GstBuffer *buffer)
{
  if (gst_score_filter_private (self)->format.is_sound)
    buffer = keep_sound (self, buffer);
  gst_buffer_replace (&gate_of (self)->last, buffer);
  return buffer;
}

/* What passes is what the element makes of it. */
static GstFlowReturn
change (GstScoreFilter *self, GstBuffer **buffer, gboolean *passes)
{
  const GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (self);

  return *passes && klass->change != NULL ? klass->change (self, buffer, passes) : GST_FLOW_OK;
}

/* Of pieces of one window only that which it was measured with counts. (transfer full) */
static GstFlowReturn
settle_buffer (GstScoreFilter *self, GstBuffer *buffer, gboolean measured)
{
  GstScoreGate *gate = gate_of (self);
  const GstScoreGateOtherwise otherwise = gate->settings.otherwise;
  g_autoptr (GstBuffer) dropped = NULL;
  gboolean passes = gate->passes, kept;
  const GstFlowReturn flow = change (self, &buffer, &passes);

  /* What the element itself keeps from passing is left out, even where what was decided to do with
   * those that do not pass has since become another thing. */
  kept = gate->passes && !passes;
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return flow;
  }
  follow_time (self, buffer);
  if (otherwise != GST_SCORE_GATE_REPEAT)
    gst_generative_loop_interrupt (&gate->loop);
  else if (passes)
    buffer = keep (self, buffer);
  if (passes || (otherwise == GST_SCORE_GATE_PASS && !kept))
    return pass (self, buffer);
  dropped = buffer;
  if (otherwise == GST_SCORE_GATE_REPEAT && gate->last != NULL && !kept) {
    gate->repeated += measured;
    return repeat (self, buffer);
  }
  leave_out (self, buffer);
  return GST_FLOW_OK;
}

/* An event in its place. (transfer full) */
static void
settle_event (GstScoreFilter *self, GstEvent *event)
{
  GstClockTime pts, duration;

  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
    end_time (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP && gate_of (self)->shift != 0) {
    gst_event_parse_gap (event, &pts, &duration);
    gst_event_unref (event);
    event = gst_event_new_gap (shifted (gate_of (self), pts), duration);
  }
  gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self), event);
}

/* --- what waits --- */

static void
decide (GstScoreFilter *self)
{
  const GstScoreFilterClass *klass = GST_SCORE_FILTER_GET_CLASS (self);
  GstScoreGate *gate = gate_of (self);

  g_array_set_size (gate->judged, gate->measured);
  for (guint i = 0; i < gate->measured; i++)
    g_array_index (gate->judged, GstScoreJudged, i) =
        (GstScoreJudged){ &g_array_index (gate->values, double, i * gate->n_values), TRUE };
  if (gate->measured > 0 && klass->decide != NULL)
    klass->decide (self, (GstScoreJudged *)(gpointer)gate->judged->data, gate->measured);
}

/* `nth` counts those that were measured. */
static GstFlowReturn
settle (GstScoreFilter *self, GstScoreWaiting *waiting, guint *nth)
{
  GstScoreGate *gate = gate_of (self);

  if (waiting->event != NULL) {
    settle_event (self, g_steal_pointer (&waiting->event));
    return GST_FLOW_OK;
  }
  if (waiting->measured) {
    const GstScoreJudged *judged = &g_array_index (gate->judged, GstScoreJudged, (*nth)++);

    gate->passes = judged->passes;
    if (!gst_score_filter_emit (self, waiting->buffer, waiting->pts, 0, judged->values))
      return GST_FLOW_ERROR;
  }
  return waiting->buffer != NULL
             ? settle_buffer (self, g_steal_pointer (&waiting->buffer), waiting->measured)
             : GST_FLOW_OK;
}

static void
empty (GstScoreGate *gate)
{
  g_array_set_size (gate->waiting, 0);
  g_array_set_size (gate->values, 0);
  gate->measured = 0;
}

GstFlowReturn
gst_score_gate_finish (GstScoreFilter *self)
{
  GstScoreGate *gate = gate_of (self);
  GstFlowReturn flow = GST_FLOW_OK;
  guint nth = 0;

  if (gate->waiting->len == 0)
    return GST_FLOW_OK;
  decide (self);
  for (guint i = 0; i < gate->waiting->len && flow == GST_FLOW_OK; i++)
    flow = settle (self, &g_array_index (gate->waiting, GstScoreWaiting, i), &nth);
  empty (gate);
  return flow;
}

GstFlowReturn
gst_score_gate_take (GstScoreFilter *self, GstBuffer *buffer, GstClockTime pts)
{
  const GstScoreWaiting waiting = { .buffer = buffer, .pts = pts, .measured = TRUE };
  GstScoreGate *gate = gate_of (self);

  if (gate->measured == 0)
    gate->settings = gst_score_gate_settings (self);
  g_array_append_val (gate->waiting, waiting);
  g_array_append_vals (
      gate->values, gst_score_filter_private (self)->reporting.values, gate->n_values);
  gate->measured++;
  return gate->measured < gate->settings.together ? GST_FLOW_OK : gst_score_gate_finish (self);
}

GstFlowReturn
gst_score_gate_follow (GstScoreFilter *self, GstBuffer *buffer)
{
  const GstScoreWaiting waiting = { .buffer = buffer };
  GstScoreGate *gate = gate_of (self);

  if (gate->waiting->len == 0)
    return settle_buffer (self, buffer, FALSE);
  g_array_append_val (gate->waiting, waiting);
  return GST_FLOW_OK;
}

gboolean
gst_score_gate_ends_waiting (GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
  case GST_EVENT_CAPS:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_SEGMENT_DONE:
  case GST_EVENT_EOS:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
stays_in_place (GstEvent *event)
{
  return GST_EVENT_IS_SERIALIZED (event) && GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP &&
         !gst_score_gate_ends_waiting (event);
}

gboolean
gst_score_gate_queue_event (GstScoreFilter *self, GstEvent *event)
{
  const GstScoreWaiting waiting = { .event = event };
  GstScoreGate *gate = gate_of (self);

  if (!stays_in_place (event))
    return FALSE;
  if (gate->waiting->len > 0) {
    g_array_append_val (gate->waiting, waiting);
    return TRUE;
  }
  if (GST_EVENT_TYPE (event) != GST_EVENT_GAP || !gate->settings.restamp)
    return FALSE;
  settle_event (self, event);
  return TRUE;
}

void
gst_score_gate_forget (GstScoreFilter *self)
{
  GstScoreGate *gate = gate_of (self);

  empty (gate);
  gst_clear_buffer (&gate->last);
  gst_generative_loop_interrupt (&gate->loop);
  gate->passes = TRUE;
  gate->gap = TRUE;
}

void
gst_score_gate_drain (GstScoreFilter *self)
{
  GstScoreGate *gate = gate_of (self);
  g_autoptr (GstBuffer) last = NULL;

  gst_score_gate_finish (self);
  last = g_steal_pointer (&gate->last);
  if (last != NULL)
    gate->last = gst_buffer_copy_deep (last);
}
