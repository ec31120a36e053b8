/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a score filter measures sound: samples queue until a window is whole. */
#include "debug.h"
#include "score-filter-private.h"

#define GST_CAT_DEFAULT gst_generative_debug

void
gst_score_filter_update_window (GstScoreFilter *self)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  guint64 window, hop;

  GST_SCORE_FILTER_GET_CLASS (self)->get_window (self, &window, &hop);
  gst_generative_windows_begin (&private->windows, &private->format.sound, window, hop);
}

void
gst_score_filter_begin_sound (GstScoreFilter *self)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);

  gst_score_filter_forget_stretch (self);
  gst_score_gate_interrupt (self);
  gst_generative_loop_begin (&private->gate.loop, &private->format.sound);
  gst_score_filter_update_window (self);
  gst_score_filter_is_holding (self);
  GST_DEBUG_OBJECT (self, "windows of %" G_GUINT64_FORMAT " frames, one every %" G_GUINT64_FORMAT,
      private->windows.window, private->windows.hop);
}

void
gst_score_filter_forget_stretch (GstScoreFilter *self)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  void (*interrupt) (GstScoreFilter *) = GST_SCORE_FILTER_GET_CLASS (self)->interrupt;

  if (private->windows.come > 0 && interrupt != NULL)
    interrupt (self);
  gst_generative_windows_forget (&private->windows);
  private->holding = FALSE;
  private->sent = 0;
}

/* Whether windows have to be decided on first is asked while buffers pass: what has passed, has. An
 * element that no longer drops holds on to the end of the stretch, so that nothing comes out of
 * order. */
gboolean
gst_score_filter_is_holding (GstScoreFilter *self)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);

  if (private->holding || !gst_score_gate_is_shut (self))
    return private->holding;
  private->holding = TRUE;
  private->sent = private->windows.come;
  /* The pipeline is to know before anything is late. */
  gst_score_filter_note_run (self, gst_util_get_timestamp ());
  return TRUE;
}

/* Measure the `frames` frames at the head of the queue. */
static GstFlowReturn
measure (GstScoreFilter *self, guint64 frames)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstGenerativeWindows *windows = &private->windows;
  const gsize size = (gsize)frames * windows->frame_size;
  GstScoreFrame frame = { .mapped = { .is_sound = TRUE },
    .pts = gst_generative_windows_time (windows, windows->first) };
  const GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn result;

  frame.mapped.map.data = gst_generative_queue_first (&windows->queue);
  frame.mapped.map.size = size;
  result = GST_SCORE_FILTER_GET_CLASS (self)->measure (self, &frame, private->reporting.values);
  if (result != GST_FLOW_OK)
    return result;
  private->reporting.summarised = FALSE;
  gst_score_filter_note_run (self, start);
  return GST_FLOW_OK;
}

/* The frames up to `end` leave the queue, and go by what was measured: just now (`measured`), or
 * before. */
static GstFlowReturn
let_go (GstScoreFilter *self, guint64 end, gboolean measured)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstGenerativeWindows *windows = &private->windows;
  const GstClockTime pts = gst_generative_windows_time (windows, windows->first);
  GstBuffer *piece = gst_generative_windows_take (windows, private->sent, end);

  private->sent = MAX (private->sent, end);
  if (measured)
    return gst_score_gate_take (self, piece, pts);
  return piece != NULL ? gst_score_gate_follow (self, piece) : GST_FLOW_OK;
}

/* What is to be done with a window that has been measured. */
static GstFlowReturn
end_window (GstScoreFilter *self, GstBuffer *buffer, guint *nth)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstGenerativeWindows *windows = &private->windows;
  const GstClockTime pts = gst_generative_windows_time (windows, windows->first);
  const guint64 end = gst_generative_windows_measured (windows);

  if (private->holding)
    return let_go (self, end, TRUE);
  gst_generative_windows_leave (windows, end);
  return gst_score_filter_settle (self, buffer, pts, (*nth)++) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Measure the windows that are whole: one, or several where they have become shorter. */
static GstFlowReturn
measure_whole (GstScoreFilter *self, GstBuffer *buffer, guint *nth)
{
  GstGenerativeWindows *windows = &gst_score_filter_private (self)->windows;
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && gst_generative_windows_missing (windows) == 0) {
    flow = measure (self, windows->window);
    if (flow == GST_FLOW_OK)
      flow = end_window (self, buffer, nth);
  }
  return flow;
}

/* Take in the next frames of `buffer`, as many as complete a window at most. Returns how many. */
static guint64
take_in (GstScoreFilter *self, GstBuffer *buffer, const GstMapInfo *map, guint64 from)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstGenerativeWindows *windows = &private->windows;
  void (*follow) (GstScoreFilter *, GstBuffer *, gconstpointer, guint64) =
      GST_SCORE_FILTER_GET_CLASS (self)->follow;
  const guint64 frames =
      MIN (map->size / windows->frame_size - from, gst_generative_windows_missing (windows));

  if (follow != NULL)
    follow (self, buffer, map->data + from * windows->frame_size, frames);
  gst_generative_windows_push (windows, buffer, from, frames, private->holding);
  return frames;
}

GstFlowReturn
gst_score_filter_listen (GstScoreFilter *self, GstBuffer *buffer)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstFlowReturn flow;
  GstMapInfo map;
  guint nth = 0;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer of samples cannot be mapped"), (NULL));
    return GST_FLOW_ERROR;
  }
  flow = measure_whole (self, buffer, &nth);
  for (guint64 i = 0; flow == GST_FLOW_OK && i < map.size / private->windows.frame_size;) {
    i += take_in (self, buffer, &map, i);
    flow = measure_whole (self, buffer, &nth);
  }
  gst_buffer_unmap (buffer, &map);
  return flow;
}

GstFlowReturn
gst_score_filter_hold (GstScoreFilter *self, GstBuffer *buffer)
{
  GstFlowReturn flow = gst_score_filter_listen (self, buffer);

  gst_buffer_unref (buffer);
  return flow;
}

/* Measure what is left, where it is enough to be measured. What is held to be changed does not pass
 * unheard, however little it is. */
static GstFlowReturn
measure_rest (GstScoreFilter *self, gboolean *measures)
{
  const GstScoreFilterPrivate *private = gst_score_filter_private (self);
  const GstGenerativeWindows *windows = &private->windows;
  const guint64 unheard = windows->come - windows->covered;
  const gboolean all = private->holding && GST_SCORE_FILTER_GET_CLASS (self)->change != NULL;

  *measures = unheard > 0 && (all || windows->covered == 0 || 2 * unheard >= windows->window);
  return *measures ? measure (self, windows->come - windows->first) : GST_FLOW_OK;
}

/* Measure what is left of the stretch, and let it pass or not. */
static GstFlowReturn
finish_stretch (GstScoreFilter *self)
{
  GstScoreFilterPrivate *private = gst_score_filter_private (self);
  GstGenerativeWindows *windows = &private->windows;
  gboolean measures = FALSE;
  GstFlowReturn flow;
  guint nth = 0;

  flow = measure_whole (self, NULL, &nth);
  if (flow == GST_FLOW_OK)
    flow = measure_rest (self, &measures);
  if (flow == GST_FLOW_OK && private->holding)
    return let_go (self, windows->come, measures);
  if (flow == GST_FLOW_OK && measures &&
      !gst_score_filter_settle (
          self, NULL, gst_generative_windows_time (windows, windows->first), 0))
    return GST_FLOW_ERROR;
  return flow;
}

GstFlowReturn
gst_score_filter_end_stretch (GstScoreFilter *self)
{
  GstFlowReturn flow;

  if (gst_score_filter_private (self)->windows.come == 0)
    return GST_FLOW_OK;
  flow = finish_stretch (self);
  if (flow == GST_FLOW_OK)
    flow = gst_score_gate_finish (self);
  gst_score_filter_forget_stretch (self);
  gst_score_gate_interrupt (self);
  return flow;
}

/* The next item of a dataset begins, which joins what came before in time. */
static GstFlowReturn
end_item (GstScoreFilter *self)
{
  const GstFlowReturn flow = finish_stretch (self);

  gst_score_filter_forget_stretch (self);
  return flow;
}

GstFlowReturn
gst_score_filter_follow_on (GstScoreFilter *self, GstBuffer *buffer)
{
  const GstGenerativeWindows *windows = &gst_score_filter_private (self)->windows;

  if (gst_generative_windows_jumps (windows, buffer))
    return gst_score_filter_end_stretch (self);
  return gst_generative_windows_leaves_item (windows, buffer) ? end_item (self) : GST_FLOW_OK;
}
