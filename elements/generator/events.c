/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a stream breaks, who may seek, and what those behind say of lateness. */
#include "generator.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Whether what comes behind does not follow what came before. */
static gboolean
ends_stream (const GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
  case GST_EVENT_CAPS:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_GAP:
  case GST_EVENT_EOS:
    return TRUE;
  default:
    return FALSE;
  }
}

/* What comes next does not follow what the model remembers. */
static void
forget_states (GstGenerator *self)
{
  if (self->play.player != NULL)
    gen_player_reset (self->play.player);
  self->fresh = TRUE;
}

/* What comes does not follow what came. */
GstFlowReturn
gst_generator_begin_anew (GstGenerator *self)
{
  GstFlowReturn flow = gst_generator_finish (self);

  forget_states (self);
  return flow;
}

/* Sound, and what is made of it, hangs together: nothing of it is left out, and it is made
 * forwards, since a piece is made with what comes before it. */
static gboolean
hangs_together (const GstGeneratorPorts *ports)
{
  return ports->output.kind == GEN_PORT_SOUND || gst_generator_streams (ports);
}

/* Of several frames that make one none is left out, either. */
gboolean
gst_generator_needs_all (const GstGeneratorPorts *ports)
{
  return hangs_together (ports) || ports->frames > 1;
}

#define BACKWARDS                                                                                  \
  "sound, and what is made of it, is made forwards: a piece is made with what comes before it, "   \
  "and what comes backwards does not follow it. Seek with a positive rate"

/* Whether a seek is one that goes on to those before; a warning says why not. For any thread. */
static gboolean
can_seek (GstGenerator *self, GstEvent *event)
{
  GstGeneratorPorts ports;
  gboolean can;
  double rate;

  gst_event_parse_seek (event, &rate, NULL, NULL, NULL, NULL, NULL, NULL);
  if (rate > 0 || !gst_generator_play_get_ports (&self->play, &ports))
    return TRUE;
  can = !hangs_together (&ports);
  gen_model_unref (ports.model);
  if (!can)
    GST_ELEMENT_WARNING (
        self, CORE, SEEK, ("A seek with rate %g is refused: " BACKWARDS, rate), (NULL));
  return can;
}

/* The same of what has come of a seek that others let pass, which is an error. */
static gboolean
can_play_segment (GstGenerator *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->rate > 0 || !hangs_together (&self->play.ports))
    return TRUE;
  GST_ELEMENT_ERROR (
      self, CORE, SEEK, ("What comes has rate %g: " BACKWARDS, segment->rate), (NULL));
  return FALSE;
}

/* Of text that comes as bytes, times are those of what is made of it. (transfer full) */
static GstEvent *
take_segment (GstGenerator *self, GstEvent *event)
{
  GstSegment in_time;
  const GstSegment *segment;
  GstEvent *other;

  gst_event_parse_segment (event, &segment);
  self->play.in_bytes =
      segment->format != GST_FORMAT_TIME && self->play.ports.input.kind == GEN_PORT_TOKENS;
  if (!self->play.in_bytes)
    return event;
  gst_segment_init (&in_time, GST_FORMAT_TIME);
  other = gst_event_new_segment (&in_time);
  gst_event_set_seqnum (other, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return other;
}

gboolean
gst_generator_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstBaseTransformClass *parent = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GstCaps) caps = NULL;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && !can_play_segment (self, event)) {
    gst_event_unref (event);
    return FALSE;
  }
  gst_generator_sides_note (&self->play.sides, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START ||
      GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_generative_sharing_interrupt (
        &self->play.sharing, GST_ELEMENT (self), GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
  if (!gst_generator_tags_note (&self->tags, event)) {
    gst_event_unref (event);
    return TRUE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    if (self->mode != NULL && self->mode->flush != NULL)
      self->mode->flush (self->state);
    gst_generator_lateness_forget (&self->lateness);
    forget_states (self);
  } else if (ends_stream (event)) {
    gst_generator_begin_anew (self);
  } else if (GST_EVENT_IS_SERIALIZED (event)) {
    gst_generator_drain (self);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    if (self->mode != NULL && self->mode->jump != NULL)
      self->mode->jump (self->state);
    event = take_segment (self, event);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_generator_tags_push (&self->tags, &self->play);
  gst_generator_branches_forward (&self->play.branches, event);
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return parent->sink_event (base, event);
  gst_event_parse_caps (event, &caps);
  gst_caps_ref (caps);
  if (parent->sink_event (base, event))
    return TRUE;
  gst_generator_explain_refusal (self, caps);
  return FALSE;
}

/* What is played goes elsewhere, and then what goes in beside it. */
static gboolean
seek (GstGenerator *self, GstEvent *event)
{
  GstBaseTransformClass *parent = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);
  g_autoptr (GstEvent) kept = gst_event_ref (event);
  gboolean done;

  gst_generator_sides_begin_seek (&self->play.sides, kept);
  done = parent->src_event (GST_BASE_TRANSFORM (self), event);
  gst_generator_sides_end_seek (&self->play.sides, kept, done);
  return done;
}

gboolean
gst_generator_src_event (GstBaseTransform *base, GstEvent *event)
{
  GstBaseTransformClass *parent = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);
  GstGenerator *self = GST_GENERATOR (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK && !can_seek (self, event)) {
    gst_event_unref (event);
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return seek (self, event);
  /* Those before it may know better. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS && gst_generator_needs_all (&self->play.ports))
    return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (base), event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    gst_generator_lateness_note_shown (&self->lateness, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    gst_generator_lateness_note_distributed (&self->lateness, event);
  return parent->src_event (base, event);
}
