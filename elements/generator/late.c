/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that would come too late are not made. GstBaseTransform drops those that are late already;
 * a run takes so long that one that is just in time when it begins is late when it has ended, so
 * what counts is when it will be done. Sinks tell of each frame when they show it, which is how
 * long after its own time that is: what a run may take. GstBaseTransform does the dropping, and
 * tells of it by QoS messages. */
#include "generator.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* However late all are, one in that time is made, as sinks show one. */
#define MAX_GAP GST_SECOND

void
gst_generator_forget_lateness (GstGenerator *self)
{
  GST_OBJECT_LOCK (self);
  self->deadline = GST_CLOCK_STIME_NONE;
  GST_OBJECT_UNLOCK (self);
  self->last_made = GST_CLOCK_TIME_NONE;
}

static gboolean
is_sound (const GstGenerator *self)
{
  return self->ports.output.kind == GEN_PORT_SOUND || gst_generator_streams (&self->ports);
}

/* The sink has shown a frame, or has come to it too late. */
static void
note_shown (GstGenerator *self, GstEvent *event)
{
  GstClockTime now = gst_element_get_current_running_time (GST_ELEMENT (self)), timestamp;
  GstClockTimeDiff late;
  double proportion;
  GstQOSType type;

  gst_event_parse_qos (event, &type, &proportion, &late, &timestamp);
  if (type == GST_QOS_TYPE_THROTTLE || !GST_CLOCK_TIME_IS_VALID (now) ||
      !GST_CLOCK_TIME_IS_VALID (timestamp) || GST_STATE (self) != GST_STATE_PLAYING)
    return;
  GST_OBJECT_LOCK (self);
  self->deadline = GST_CLOCK_DIFF (timestamp, now) - MAX (late, 0);
  self->proportion = proportion;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_generator_src_event (GstBaseTransform *base, GstEvent *event)
{
  const GstGenerator *self = GST_GENERATOR (base);

  /* Of sound nothing is left out: those before it may know better. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS && is_sound (self))
    return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (base), event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    note_shown (GST_GENERATOR (base), event);
  return gst_generator_get_parent_class ()->src_event (base, event);
}

/* Of which running time a frame must at least be to be shown in time when it is made now. In live
 * pipelines nothing newer has to be than what there is. FALSE where nobody told how late is late,
 * or where time stands still. */
static gboolean
find_earliest (GstGenerator *self, GstClockTimeDiff *earliest, double *proportion)
{
  GstClockTimeDiff deadline, newest = G_MAXINT64, now;
  GstClockTime running;
  gboolean known;

  GST_OBJECT_LOCK (self);
  deadline = self->deadline;
  *proportion = self->proportion;
  known = GST_CLOCK_STIME_IS_VALID (deadline) && GST_STATE (self) == GST_STATE_PLAYING;
  if (self->latency.live)
    newest = -(GstClockTimeDiff)(self->latency.upstream + self->latency.interval);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    return FALSE;
  running = gst_element_get_current_running_time (GST_ELEMENT (self));
  if (!GST_CLOCK_TIME_IS_VALID (running))
    return FALSE;
  now = (GstClockTimeDiff)running;
  *earliest = now + MIN ((GstClockTimeDiff)self->run_time - deadline, newest);
  return TRUE;
}

/* Whether a frame of running time `time` is to be left out; GstBaseTransform is told. */
static void
judge (GstGenerator *self, GstClockTime time)
{
  gboolean waited = !GST_CLOCK_TIME_IS_VALID (self->last_made) || time < self->last_made ||
                    time - self->last_made >= MAX_GAP;
  GstClockTimeDiff earliest = 0;
  double proportion = 1;
  gboolean known = find_earliest (self, &earliest, &proportion);

  if (known && !waited && (GstClockTimeDiff)time <= earliest) {
    GST_DEBUG_OBJECT (self,
        "the frame of running time %" GST_TIME_FORMAT
        " is left out: made now, only those after %" GST_TIME_FORMAT " are shown in time",
        GST_TIME_ARGS (time), GST_TIME_ARGS ((GstClockTime)earliest));
    gst_base_transform_update_qos (
        GST_BASE_TRANSFORM (self), proportion, 0, (GstClockTime)earliest);
    return;
  }
  self->last_made = time;
  if (known)
    gst_base_transform_update_qos (GST_BASE_TRANSFORM (self), proportion, -1, time);
}

/* Compiling takes long enough for a pipeline to be stopped or flushed meanwhile, from its end on:
 * then negotiation has not failed. */
static gboolean
is_interrupted (GstGenerator *self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (GST_BASE_TRANSFORM (self));
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  return GST_PAD_IS_FLUSHING (pad) || (peer != NULL && GST_PAD_IS_FLUSHING (peer));
}

GstFlowReturn
gst_generator_submit_input_buffer (GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstClockTime time = GST_CLOCK_TIME_NONE;
  GstFlowReturn flow = gst_generator_change (self);

  if (flow != GST_FLOW_OK || self->waiting) {
    gst_buffer_unref (buffer);
    return flow;
  }
  if (base->segment.format == GST_FORMAT_TIME)
    time = gst_segment_to_running_time (&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time) && !is_sound (self))
    judge (self, time);
  flow = gst_generator_get_parent_class ()->submit_input_buffer (base, discont, buffer);
  if (flow == GST_FLOW_OK && gen_player_use (self->player) == NULL &&
      !gst_generator_keep_caps (self)) {
    gst_clear_buffer (&base->queued_buf);
    flow = GST_FLOW_NOT_NEGOTIATED;
  }
  return flow == GST_FLOW_NOT_NEGOTIATED && is_interrupted (self) ? GST_FLOW_FLUSHING : flow;
}
