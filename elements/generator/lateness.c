/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that would come too late are not made. GstBaseTransform drops those that are late already;
 * a run takes so long that one that is just in time when it begins is late when it has ended, so
 * what counts is when it will be done. Sinks tell of each frame when they show it, which is how
 * long after its own time that is: what a run may take. GstBaseTransform does the dropping, and
 * tells of it by QoS messages. */
#include "lateness.h"

#include <generative/shared-player.h>

#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* However late all are, one in that time is made, as sinks show one. */
#define MAX_GAP GST_SECOND

void
gst_generator_lateness_reset (GstGeneratorLateness *lateness)
{
  GST_OBJECT_LOCK (lateness->base);
  lateness->latency = (GstGenerativeLatency){ 0 };
  lateness->distributed = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (lateness->base);
  lateness->run_time = 0;
  gst_generator_lateness_forget (lateness);
}

void
gst_generator_lateness_forget (GstGeneratorLateness *lateness)
{
  GST_OBJECT_LOCK (lateness->base);
  lateness->deadline = GST_CLOCK_STIME_NONE;
  GST_OBJECT_UNLOCK (lateness->base);
  lateness->last_made = GST_CLOCK_TIME_NONE;
}

/* --- how long runs take --- */

void
gst_generator_lateness_begin (
    GstGeneratorLateness *lateness, const GstGeneratorTiming *timing, GstClockTime run_time)
{
  gst_generative_latency_begin (&lateness->latency, timing->held, timing->interval);
  if (timing->runs == 0)
    return;
  lateness->run_time = run_time * timing->runs;
  GST_INFO_OBJECT (lateness->base,
      "latency: a run takes %" GST_TIME_FORMAT ", and a batch of %u buffers takes %u of them",
      GST_TIME_ARGS (run_time), timing->batch, timing->runs);
  gst_generative_latency_note (
      &lateness->latency, GST_ELEMENT (lateness->base), lateness->run_time);
}

void
gst_generator_lateness_note_run (GstGeneratorLateness *lateness, GstClockTime start)
{
  lateness->run_time = gst_util_get_timestamp () - start;
  gst_generative_latency_note (
      &lateness->latency, GST_ELEMENT (lateness->base), lateness->run_time);
}

/* --- when it is to be there --- */

void
gst_generator_lateness_note_distributed (GstGeneratorLateness *lateness, GstEvent *event)
{
  GstClockTime latency;

  gst_event_parse_latency (event, &latency);
  GST_OBJECT_LOCK (lateness->base);
  lateness->distributed = latency;
  GST_OBJECT_UNLOCK (lateness->base);
}

/* How long after its own time a frame may come; FALSE where that is not known. What sinks have
 * found is the truth, but only some tell it. A pipeline whose application does not follow latency
 * messages stays at one from before a model was compiled: less than what the element has asked for
 * is none to go by. */
static gboolean
find_allowance (GstGeneratorLateness *lateness, GstClockTimeDiff *allowance)
{
  gboolean live;

  GST_OBJECT_LOCK (lateness->base);
  *allowance = lateness->deadline;
  live = lateness->latency.live && GST_CLOCK_TIME_IS_VALID (lateness->distributed);
  if (!GST_CLOCK_STIME_IS_VALID (*allowance) && live)
    *allowance = (GstClockTimeDiff)MAX (
        lateness->distributed, lateness->latency.upstream + lateness->latency.own);
  GST_OBJECT_UNLOCK (lateness->base);
  return GST_CLOCK_STIME_IS_VALID (*allowance) && GST_STATE (lateness->base) == GST_STATE_PLAYING;
}

gint64
gst_generator_lateness_due (GstGeneratorLateness *lateness, const GstBuffer *buffer)
{
  const GstClockTime time =
      gst_generative_running_time (&lateness->base->segment, GST_BUFFER_PTS (buffer));
  GstClockTimeDiff allowance;
  GstClockTime running;

  if (!GST_CLOCK_TIME_IS_VALID (time) || !find_allowance (lateness, &allowance))
    return GEN_SHARED_NO_DEADLINE;
  running = gst_element_get_current_running_time (GST_ELEMENT (lateness->base));
  if (!GST_CLOCK_TIME_IS_VALID (running))
    return GEN_SHARED_NO_DEADLINE;
  return g_get_monotonic_time () +
         (GST_CLOCK_DIFF (running, time) + allowance) / (GstClockTimeDiff)GST_USECOND;
}

/* --- what is too late --- */

void
gst_generator_lateness_note_shown (GstGeneratorLateness *lateness, GstEvent *event)
{
  GstClockTime now = gst_element_get_current_running_time (GST_ELEMENT (lateness->base)), timestamp;
  GstClockTimeDiff late;
  double proportion;
  GstQOSType type;

  gst_event_parse_qos (event, &type, &proportion, &late, &timestamp);
  if (type == GST_QOS_TYPE_THROTTLE || !GST_CLOCK_TIME_IS_VALID (now) ||
      !GST_CLOCK_TIME_IS_VALID (timestamp) || GST_STATE (lateness->base) != GST_STATE_PLAYING)
    return;
  GST_OBJECT_LOCK (lateness->base);
  lateness->deadline = GST_CLOCK_DIFF (timestamp, now) - MAX (late, 0);
  lateness->proportion = proportion;
  GST_OBJECT_UNLOCK (lateness->base);
}

/* Of which running time a frame must at least be to be shown in time when it is made now. In live
 * pipelines nothing newer has to be than what there is. FALSE where nobody told how late is late,
 * or where time stands still. */
static gboolean
find_earliest (GstGeneratorLateness *lateness, GstClockTimeDiff *earliest, double *proportion)
{
  GstClockTimeDiff deadline, newest = G_MAXINT64, now;
  GstClockTime running;
  gboolean known;

  GST_OBJECT_LOCK (lateness->base);
  deadline = lateness->deadline;
  *proportion = lateness->proportion;
  known = GST_CLOCK_STIME_IS_VALID (deadline) && GST_STATE (lateness->base) == GST_STATE_PLAYING;
  if (lateness->latency.live)
    newest = -(GstClockTimeDiff)(lateness->latency.upstream + lateness->latency.interval);
  GST_OBJECT_UNLOCK (lateness->base);
  if (!known)
    return FALSE;
  running = gst_element_get_current_running_time (GST_ELEMENT (lateness->base));
  if (!GST_CLOCK_TIME_IS_VALID (running))
    return FALSE;
  now = (GstClockTimeDiff)running;
  *earliest = now + MIN ((GstClockTimeDiff)lateness->run_time - deadline, newest);
  return TRUE;
}

/* Whether a frame of running time `time` is to be left out. */
static void
judge (GstGeneratorLateness *lateness, GstClockTime time)
{
  gboolean waited = !GST_CLOCK_TIME_IS_VALID (lateness->last_made) || time < lateness->last_made ||
                    time - lateness->last_made >= MAX_GAP;
  GstClockTimeDiff earliest = 0;
  double proportion = 1;
  gboolean known = find_earliest (lateness, &earliest, &proportion);

  if (known && !waited && (GstClockTimeDiff)time <= earliest) {
    GST_DEBUG_OBJECT (lateness->base,
        "the frame of running time %" GST_TIME_FORMAT
        " is left out: made now, only those after %" GST_TIME_FORMAT " are shown in time",
        GST_TIME_ARGS (time), GST_TIME_ARGS ((GstClockTime)earliest));
    gst_base_transform_update_qos (lateness->base, proportion, 0, (GstClockTime)earliest);
    return;
  }
  lateness->last_made = time;
  if (known)
    gst_base_transform_update_qos (lateness->base, proportion, -1, time);
}

void
gst_generator_lateness_judge (GstGeneratorLateness *lateness, const GstBuffer *buffer)
{
  const GstClockTime time =
      gst_generative_running_time (&lateness->base->segment, GST_BUFFER_PTS (buffer));

  if (GST_CLOCK_TIME_IS_VALID (time))
    judge (lateness, time);
}
