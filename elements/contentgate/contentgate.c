/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-contentgate
 * @title: contentgate
 * @short_description: keeps from passing what is not to be seen, heard or read
 *
 * Judges pictures and sounds by any ONNX classifier, pictures by a detector as well, and texts by a
 * list of words and patterns, and does with what is found what `action` says. `labels` are the
 * classes that count, each with a threshold: `labels=nsfw=0.8,violence=0.5`. The gate closes when
 * the score of one, smoothed over `smoothing` seconds, reaches its threshold, and opens when it has
 * fallen below by `hysteresis`. docs/gates.md tells more.
 *
 * `tag` lets everything pass, and tells. `blur`, `pixelate` and `replace` change pictures: where a
 * detector has found boxes these, and a `margin` around them, else the whole frame. `replace` puts
 * `slate` in their place, or `colour`; of sounds a tone, of texts `replacement` for each match.
 * `mute` makes sounds silent and texts empty. `drop` leaves a gap, of which an event tells. `hold`
 * puts items into the folder `hold-location` until somebody has decided on them: a stream that
 * nobody waits for waits, and what is approved passes in order; a live one shows the slate.
 *
 * What cannot be judged is treated as what is not to pass: a model that fails or makes numbers that
 * are not finite, a text that is not UTF-8, a pattern that does not come to an end. `fail=open`
 * lets it pass. A warning tells the first one. Sound is held for the length of a window, so that
 * nothing is heard before it has been judged; a model that remembers goes on from one to the next.
 *
 * Each frame has `gate-closed`, `gate-label` (the number of the class, or of the entry of the list)
 * and `gate-score`, with a detector `gate-boxes`, in the meta `generative-score`, on the bus and in
 * the `report`; what was found stands on the buffer as GstVideoRegionOfInterestMeta, too. A message
 * `content-gate` tells when the gate closes and opens (`state`, `label`, `score`, `pts`, `reason`),
 * and `content-gate-held` of each item that is held (`number`, `label`, `location`). `audit-log` is
 * a file in which all of it is written down so that nobody changes it unseen; where that cannot be,
 * the element fails. docs/reviewing.md tells more.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=blocky.jpg ! decodebin ! \
 *   contentgate model=classes/ema.onnx labels=0=0.5 action=pixelate ! videoconvert ! pngenc ! \
 *   filesink location=gated.png
 * ]|
 * The model is that of classifier's example.
 */
#include "contentgate.h"

#include <math.h>

#include "../elements.h"

GST_DEBUG_CATEGORY (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

#define PICTURE_FORMATS "{ GRAY8, RGB, BGR, RGBx, BGRx, I420, YV12, NV12, NV21, Y42B, Y444 }"
#define CAPS                                                                                       \
  GST_VIDEO_CAPS_MAKE (PICTURE_FORMATS)                                                            \
  "; " GST_SCORE_FILTER_SOUND_CAPS "; " GST_SCORE_FILTER_TEXT_CAPS

static const GenField fields[GST_CONTENT_GATE_N_FIELDS] = {
  [GST_CONTENT_GATE_CLOSED] = { "gate-closed", GEN_FIELD_COUNT, NULL },
  [GST_CONTENT_GATE_LABEL] = { "gate-label", GEN_FIELD_COUNT, NULL },
  [GST_CONTENT_GATE_SCORE] = { "gate-score", GEN_FIELD_NUMBER, NULL, "it could not be judged" },
  [GST_CONTENT_GATE_BOXES] = { "gate-boxes", GEN_FIELD_COUNT, NULL },
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstContentGate, gst_content_gate, GST_TYPE_SCORE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (contentgate, "contentgate", GST_RANK_NONE, GST_TYPE_CONTENT_GATE)

static void
gst_content_gate_finalize (GObject *object)
{
  GstContentGate *self = GST_CONTENT_GATE (object);

  gst_content_gate_settings_clear (&self->settings);
  g_array_unref (self->detections);
  g_array_unref (self->matches);
  g_byte_array_unref (self->scratch);
  g_mutex_clear (&self->hold.lock);
  g_cond_clear (&self->hold.cond);
  G_OBJECT_CLASS (gst_content_gate_parent_class)->finalize (object);
}

/* --- what the filter asks --- */

static const GenField *
gst_content_gate_get_fields (GstScoreFilter *filter, guint *n)
{
  *n = GST_CONTENT_GATE_N_FIELDS;
  return fields;
}

void
gst_content_gate_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);
  const int rate = GST_AUDIO_INFO_RATE (&gst_score_filter_get_format (filter)->sound);

  *window = (guint64)MAX (llround (self->now.window * rate), 1);
  *hop = self->now.hop > 0 ? (guint64)MAX (llround (self->now.hop * rate), 1) : *window;
  *hop = MIN (*hop, *window);
}

static void
gst_content_gate_get_gate (GstScoreFilter *filter, GstScoreGateSettings *settings)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);

  GST_OBJECT_LOCK (self);
  settings->otherwise = self->settings.action == GST_CONTENT_GATE_TAG ? GST_SCORE_GATE_PASS
                                                                      : GST_SCORE_GATE_LEAVE_OUT;
  GST_OBJECT_UNLOCK (self);
}

static JsonObject *
gst_content_gate_summarise (GstScoreFilter *filter)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);
  JsonObject *summary = json_object_new ();

  json_object_set_int_member (summary, "frames", (gint64)self->judged);
  json_object_set_int_member (summary, "closed", (gint64)self->closed_count);
  json_object_set_int_member (summary, "failed", (gint64)self->failed_count);
  return summary;
}

static gboolean
gst_content_gate_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstContentGate *self = GST_CONTENT_GATE (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    gst_content_gate_set_flag (self, &self->hold.flushing, TRUE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_content_gate_set_flag (self, &self->hold.flushing, FALSE);
  return GST_BASE_TRANSFORM_CLASS (gst_content_gate_parent_class)->sink_event (base, event);
}

/* Who waits for a decision keeps the pads from being stopped. */
static GstStateChangeReturn
gst_content_gate_change_state (GstElement *element, GstStateChange transition)
{
  GstContentGate *self = GST_CONTENT_GATE (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    /* Of a flush that nobody ended before the element was stopped nothing is left. */
    gst_content_gate_set_flag (self, &self->hold.flushing, FALSE);
    gst_content_gate_set_flag (self, &self->hold.stopping, FALSE);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_content_gate_set_flag (self, &self->hold.stopping, TRUE);
  }
  return GST_ELEMENT_CLASS (gst_content_gate_parent_class)->change_state (element, transition);
}

/* --- the class --- */

static void
gst_content_gate_class_init (GstContentGateClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstScoreFilterClass *filter_class = GST_SCORE_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      content_gate_debug, "contentgate", 0, "what closes the gate, and what becomes of it");

  gobject_class->set_property = gst_content_gate_set_property;
  gobject_class->get_property = gst_content_gate_get_property;
  gobject_class->finalize = gst_content_gate_finalize;
  gst_content_gate_install_properties (gobject_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Content gate", "Filter/Effect",
      "Tags, blurs, replaces, mutes, drops or holds what a model or a list finds unfit to pass",
      "gst-generative");

  element_class->change_state = gst_content_gate_change_state;
  GST_BASE_TRANSFORM_CLASS (klass)->sink_event = gst_content_gate_sink_event;
  filter_class->open = gst_content_gate_open;
  filter_class->close = gst_content_gate_close;
  filter_class->set_format = gst_content_gate_set_format;
  filter_class->get_fields = gst_content_gate_get_fields;
  filter_class->get_window = gst_content_gate_get_window;
  filter_class->get_gate = gst_content_gate_get_gate;
  filter_class->change = gst_content_gate_change;
  filter_class->interrupt = gst_content_gate_interrupt;
  filter_class->measure = gst_content_gate_measure;
  filter_class->summarise = gst_content_gate_summarise;
}

static void
gst_content_gate_init (GstContentGate *self)
{
  gst_content_gate_settings_init (&self->settings);
  self->detections = g_array_new (FALSE, FALSE, sizeof (GenDetection));
  self->matches = g_array_new (FALSE, FALSE, sizeof (GenDenyMatch));
  self->scratch = g_byte_array_new ();
  g_mutex_init (&self->hold.lock);
  g_cond_init (&self->hold.cond);
}
