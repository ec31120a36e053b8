/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items that a person decides on. Where nobody waits for the stream, it waits for the decision,
 * item by item, so that they stay in order. A live one cannot: of a span of time that the gate is
 * closed for, the first frame is held, the slate is shown, and once that is approved the rest of
 * the span is. */
#include "contentgate.h"

#include <string.h>

#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

/* How often the folder is looked at, in microseconds. */
#define INTERVAL 100000

#define MESSAGE "content-gate-held"

/* --- items --- */

static GBytes *
encode_picture (
    GstContentGate *self, const GstScoreFormat *format, GstBuffer *buffer, GError **error)
{
  GstVideoFrame video;
  GBytes *bytes;
  GenPicture picture;

  if (!gst_video_frame_map (&video, &format->video, buffer, GST_MAP_READ)) {
    g_set_error_literal (
        error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "a frame cannot be mapped");
    return NULL;
  }
  picture = gst_content_gate_look (self, &video);
  bytes = gen_picture_encode_png (&picture, error);
  gst_video_frame_unmap (&video);
  return bytes;
}

static GBytes *
encode_sound (const GstAudioInfo *info, const GstMapInfo *map, GError **error)
{
  const gboolean int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16;
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, GST_AUDIO_INFO_RATE (info), GST_AUDIO_INFO_CHANNELS (info),
      map->size / (gsize)GST_AUDIO_INFO_BPF (info));
  if (int16)
    gen_sound_from_int16 (&sound, (const gint16 *)(const void *)map->data);
  else
    memcpy (sound.data, map->data, map->size);
  return gen_sound_encode_wav (&sound, int16 ? GEN_SOUND_WAV_S16 : GEN_SOUND_WAV_F32, error);
}

static GBytes *
encode (GstContentGate *self, GstBuffer *buffer, const char **extension, GError **error)
{
  const GstScoreFormat *format = gst_score_filter_get_format (GST_SCORE_FILTER (self));
  GstMapInfo map;
  GBytes *bytes;

  *extension = format->is_text ? "txt" : format->is_sound ? "wav" : "png";
  if (!format->is_text && !format->is_sound)
    return encode_picture (self, format, buffer, error);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error_literal (
        error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "a buffer cannot be mapped");
    return NULL;
  }
  bytes = format->is_text ? g_bytes_new (map.data, map.size)
                          : encode_sound (&format->sound, &map, error);
  gst_buffer_unmap (buffer, &map);
  return bytes;
}

static void
tell_held (GstContentGate *self, const GenHeldItem *item)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (
          GST_OBJECT (self), gst_structure_new (MESSAGE, "number", G_TYPE_UINT64, self->hold.number,
                                 "label", G_TYPE_STRING, item->label, "location", G_TYPE_STRING,
                                 self->now.hold_location, NULL)));
}

static gboolean
put (GstContentGate *self, GstBuffer *buffer)
{
  const GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  g_autofree char *format = caps != NULL ? gst_caps_to_string (caps) : NULL;
  const gint64 timeout = (gint64)(self->now.hold_timeout * G_USEC_PER_SEC);
  GenHeldItem item = { .label = self->label,
    .score = self->verdict.score,
    .time = gst_generative_stream_time (&base->segment, GST_BUFFER_PTS (buffer)),
    .caps = format,
    .reason = self->reason };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) media = encode (self, buffer, &item.extension, &error);

  self->hold.deadline = item.deadline = timeout > 0 ? g_get_real_time () + timeout : 0;
  item.media = media;
  if (media != NULL && gen_hold_folder_add (self->hold.folder, &item, &self->hold.number, &error)) {
    self->hold.there = TRUE;
    self->hold.decision = GEN_DECISION_NONE;
    self->hold.asked = 0;
    gst_content_gate_audit_held (self, &item);
    tell_held (self, &item);
    return !self->audit_failed;
  }
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property hold-location: %s", error->message), (NULL));
  return FALSE;
}

void
gst_content_gate_end_hold (GstContentGate *self)
{
  const GenHoldDecision none = { .decision = GEN_DECISION_NONE };

  if (self->hold.there && self->hold.decision == GEN_DECISION_NONE)
    gst_content_gate_audit_outcome (self, "left-undecided", &none);
  self->hold.there = FALSE;
}

/* --- decisions --- */

static void
take_decision (GstContentGate *self, const GenHoldDecision *decision)
{
  const gboolean approved = decision->decision == GEN_DECISION_APPROVE;

  self->hold.decision = decision->decision;
  if (decision->decision == GEN_DECISION_NONE)
    return;
  GST_INFO_OBJECT (self, "item %" G_GUINT64_FORMAT " is %s by %s", self->hold.number,
      approved ? "approved" : "rejected", decision->by != NULL ? decision->by : "somebody");
  gst_content_gate_audit_outcome (self, approved ? "passed" : "withheld", decision);
}

/* What cannot be written down, or read, is not approved. */
static void
reject (GstContentGate *self, const GError *error)
{
  const GenHoldDecision made = { GEN_DECISION_REJECT, error->message, NULL };

  take_decision (self, &made);
  GST_ELEMENT_WARNING (self, RESOURCE, FAILED,
      ("Item %" G_GUINT64_FORMAT " is rejected: %s", self->hold.number, error->message), (NULL));
}

/* Somebody has decided. Time is up, so that what cannot be read is not waited for. */
static void
take_last_decision (GstContentGate *self)
{
  g_auto (GenHoldDecision) decision = { 0 };
  g_autoptr (GError) error = NULL;

  if (gen_hold_get_decision (self->now.hold_location, self->hold.number, &decision, &error))
    take_decision (self, &decision);
  else
    reject (self, error);
}

/* Nobody has decided in time: the policy does, unless somebody just did. */
static void
decide_by_policy (GstContentGate *self)
{
  const gboolean approves = self->now.hold_policy == GST_CONTENT_GATE_POLICY_APPROVE;
  const GenHoldDecision decision = {
    .decision = approves ? GEN_DECISION_APPROVE : GEN_DECISION_REJECT,
    .reason = (char *)"nobody decided in time",
    .by = (char *)"hold-policy",
  };
  g_autoptr (GError) error = NULL;

  if (gen_hold_decide (self->now.hold_location, self->hold.number, &decision, &error)) {
    self->hold.decision = decision.decision;
    gst_content_gate_audit_outcome (self, approves ? "passed-by-policy" : "expired", &decision);
    return;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    take_last_decision (self);
  else
    reject (self, error);
}

/* Look at the folder. A decision that cannot be read is none: it is looked at again, until time is
 * up. */
static void
look (GstContentGate *self)
{
  g_auto (GenHoldDecision) decision = { 0 };
  g_autoptr (GError) error = NULL;
  const gint64 now = g_get_real_time ();

  self->hold.asked = g_get_monotonic_time ();
  if (!gen_hold_get_decision (self->now.hold_location, self->hold.number, &decision, &error))
    GST_DEBUG_OBJECT (self, "%s", error->message);
  take_decision (self, &decision);
  if (self->hold.decision == GEN_DECISION_NONE && self->hold.deadline > 0 &&
      now >= self->hold.deadline)
    decide_by_policy (self);
}

void
gst_content_gate_set_flag (GstContentGate *self, gboolean *flag, gboolean value)
{
  g_mutex_lock (&self->hold.lock);
  *flag = value;
  g_cond_broadcast (&self->hold.cond);
  g_mutex_unlock (&self->hold.lock);
}

/* Wait for the next look. FALSE where nobody is to wait. */
static gboolean
wait (GstContentGate *self)
{
  const gint64 until = g_get_monotonic_time () + INTERVAL;
  gboolean leaves;

  g_mutex_lock (&self->hold.lock);
  do
    leaves = self->hold.flushing || self->hold.stopping;
  while (!leaves && g_cond_wait_until (&self->hold.cond, &self->hold.lock, until));
  g_mutex_unlock (&self->hold.lock);
  return !leaves;
}

/* --- the stream --- */

static gboolean
is_live (GstContentGate *self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (GST_BASE_TRANSFORM (self)), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  return live;
}

static GstFlowReturn
hold_until_decided (GstContentGate *self, GstBuffer *buffer, gboolean *passes)
{
  if (!put (self, buffer))
    return GST_FLOW_ERROR;
  for (look (self); self->hold.decision == GEN_DECISION_NONE; look (self))
    if (!wait (self))
      return GST_FLOW_FLUSHING;
  self->hold.there = FALSE;
  *passes = self->hold.decision == GEN_DECISION_APPROVE;
  return self->audit_failed ? GST_FLOW_ERROR : GST_FLOW_OK;
}

static GstFlowReturn
show_slate (GstContentGate *self, GstBuffer **buffer)
{
  if (!self->hold.there && !put (self, *buffer))
    return GST_FLOW_ERROR;
  if (self->hold.decision == GEN_DECISION_NONE &&
      g_get_monotonic_time () - self->hold.asked >= INTERVAL)
    look (self);
  if (self->audit_failed)
    return GST_FLOW_ERROR;
  if (self->hold.decision == GEN_DECISION_APPROVE)
    return GST_FLOW_OK;
  return gst_content_gate_put_slate (self, buffer) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

GstFlowReturn
gst_content_gate_hold (GstContentGate *self, GstBuffer **buffer, gboolean *passes)
{
  const int mode = self->now.hold_mode;

  if (self->hold.folder == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Property hold-location was not set when the element started: action=hold wants a "
         "folder"),
        (NULL));
    return GST_FLOW_ERROR;
  }
  if (mode == GST_CONTENT_GATE_HOLD_SLATE || (mode == GST_CONTENT_GATE_HOLD_AUTO && is_live (self)))
    return show_slate (self, buffer);
  return hold_until_decided (self, *buffer, passes);
}
