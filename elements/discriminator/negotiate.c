/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the discriminator agrees on with its neighbours. */
#include "discriminator.h"

#include "../shared/interlaced.h"
#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

static GstBaseTransformClass *
get_parent_class (void)
{
  return g_type_class_peek (GST_TYPE_SCORE_FILTER);
}

/* --- caps --- */

/* What is taken, best in the memory of the GPU that the model runs on; the template's caps while
 * stopped. */
static GstCaps *
own_caps (GstDiscriminator *self)
{
  GstDiscriminatorPorts ports;
  gboolean on_device;

  GST_OBJECT_LOCK (self);
  on_device = self->shares_device;
  ports = self->judge.ports;
  GST_OBJECT_UNLOCK (self);
  if (ports.model == NULL)
    return gst_pad_get_pad_template_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  return gst_discriminator_caps_of (&ports, on_device);
}

GstCaps *
gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  g_autoptr (GstCaps) own = own_caps (self);
  GstCaps *result = gst_generative_only_progressive (
      base, direction, gst_caps_intersect_full (own, caps, GST_CAPS_INTERSECT_FIRST));

  if (filter != NULL) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

gboolean
gst_discriminator_fit (
    GstDiscriminator *self, GstCaps *caps, const GstScoreFormat *format, GError **error)
{
  if (!format->is_sound)
    return gst_discriminator_walls_fit (&self->walls, caps, &format->video, error);
  return gst_discriminator_windows_fit (&self->windows, &format->sound,
      gst_discriminator_window (&self->judge.ports, &self->hints), error);
}

gboolean
gst_discriminator_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *format)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  g_autoptr (GError) error = NULL;

  if (gst_discriminator_fit (self, caps, format, &error))
    return TRUE;
  if (error->domain == GST_CORE_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
  else
    gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* One in front asks what can be had: memory of a GPU is not named for the sake of a next element
 * that takes anything, which is better served by what everybody can read. */
static void
leave_out_devices (GstDiscriminator *self, GstQuery *query)
{
  g_autoptr (GstCaps) next = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (self), NULL);
  g_autoptr (GstCaps) system = NULL;
  GstCaps *result;

  if (next == NULL || !gst_caps_is_any (next))
    return;
  gst_query_parse_caps_result (query, &result);
  system = gst_caps_copy (result);
  for (guint i = gst_caps_get_size (system); i-- > 0;)
    if (gst_generative_playing_on_device (system, i))
      gst_caps_remove_structure (system, i);
  gst_query_set_caps_result (query, system);
}

/* What the model takes, for people. (transfer full) */
static char *
describe_taken (const GstDiscriminatorPorts *ports)
{
  const GenPort *port = &ports->input;

  if (port->kind == GEN_PORT_SOUND)
    return g_strdup_printf ("What comes does not fit the model, which takes sound of %d channels "
                            "at %d Hz: put audioconvert and audioresample in front",
        port->channels, port->sample_rate);
  return g_strdup_printf (
      "The frames do not fit the model, which takes %d x %d pixels of %d channels%s: put "
      "videoconvert and videoscale in front",
      port->width, port->height, port->channels,
      ports->remembers ? ", one picture at a time since it remembers" : ", or walls of these");
}

/* Negotiation fails elsewhere and says little: tell what this model takes, once. Nothing can come
 * of it before there are caps; later, it may be no more than a question. */
static void
explain_caps (GstDiscriminator *self)
{
  gboolean negotiated = gst_pad_has_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self)), explain;
  g_autoptr (GstCaps) own = NULL;
  g_autofree char *said = NULL;
  GstDiscriminatorPorts ports;

  GST_OBJECT_LOCK (self);
  explain = self->judge.ports.model != NULL && !self->explained;
  self->explained |= explain;
  ports = self->judge.ports;
  GST_OBJECT_UNLOCK (self);
  if (!explain)
    return;
  own = own_caps (self);
  said = describe_taken (&ports);
  if (negotiated)
    GST_ELEMENT_WARNING (
        self, CORE, NEGOTIATION, ("%s", said), ("takes %" GST_PTR_FORMAT, (void *)own));
  else
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("%s", said), ("takes %" GST_PTR_FORMAT, (void *)own));
}

/* Frames pass on: what is behind has the first word. */
gboolean
gst_discriminator_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  gboolean answered = get_parent_class ()->propose_allocation (base, decide, query);

  return gst_generative_playing_propose_host (&self->judge.playing, query) || answered;
}

gboolean
gst_discriminator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  GstCaps *filter = NULL, *offered;

  if (gst_generative_playing_answer (&self->judge.playing, GST_ELEMENT (self), query))
    return TRUE;
  if (!get_parent_class ()->query (base, direction, query))
    return FALSE;
  if (direction != GST_PAD_SINK)
    return TRUE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    gst_query_parse_caps (query, &filter);
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS && filter == NULL)
    leave_out_devices (self, query);
  gst_generative_answer_unlinked (GST_BASE_TRANSFORM_SINK_PAD (base), query);
  if (gst_generative_refuses_caps (query, &offered) && !gst_generative_are_interlaced (offered))
    explain_caps (self);
  return TRUE;
}
