/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scores changes while frames pass: another model, and where its parameters stand. */
#include "discriminator.h"

#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

/* --- another model --- */

GenModel *
gst_discriminator_read_model (GstDiscriminator *self, gboolean replaces, GError **error)
{
  g_auto (GstGenerativeSaid) said = { 0 };
  g_auto (GstGenerativeAdapters) adapters = { 0 };
  g_autofree char *path = NULL;
  GenModelHints hints;
  GenModel *model;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->path);
  gst_generative_said_copy (&self->said, &said);
  gst_generative_adapters_copy (&self->adapters, &adapters);
  self->scales_changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  hints = gst_generative_said_hint (&said);
  gst_generative_adapters_hint (&adapters, &hints);
  model = replaces ? gst_succession_load_model (path, &hints, error)
                   : gst_generative_load_model (GST_ELEMENT (self), path, &hints);
  if (model != NULL && !replaces)
    gst_generative_parameters_follow (&self->parameters, model);
  if (model != NULL)
    gst_generative_parameters_set (&self->parameters, model);
  return model;
}

static void
refuse (GstDiscriminator *self, const GError *error)
{
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The new model does not score, the old one goes on: %s", error->message), (NULL));
}

/* On the watch's thread. */
static void
load_next (gpointer data, gboolean replaced)
{
  GstDiscriminator *self = data;
  g_autoptr (GError) error = NULL;
  GenModel *next = gst_discriminator_read_model (self, TRUE, &error);

  GST_OBJECT_LOCK (self);
  self->refused = next == NULL;
  GST_OBJECT_UNLOCK (self);
  if (next != NULL)
    gst_succession_offer (&self->succession, next);
  else
    refuse (self, error);
}

void
gst_discriminator_follow_path (GstDiscriminator *self)
{
  if (self->judge.ports.model != NULL && self->succession.watch == NULL)
    gst_succession_begin (&self->succession, NULL, load_next, self);
  gst_succession_turn_to (&self->succession, self->path);
}

void
gst_discriminator_follow_adapters (GstDiscriminator *self, guint number)
{
  const gboolean scales = number == GST_GENERATIVE_ADAPTERS_SCALES;

  if (scales) {
    self->scales_changed = TRUE;
    g_atomic_int_set (&self->scales_said, TRUE);
  }
  /* A model may have been refused for the number of scales. */
  if (!scales || self->refused)
    gst_discriminator_follow_path (self);
}

/* What scores has been taken over: its adapters count as adapter-scale has come to say meanwhile.
 */
static void
follow_scales (GstDiscriminator *self)
{
  GST_OBJECT_LOCK (self);
  if (self->scales_changed)
    g_atomic_int_set (&self->scales_said, TRUE);
  GST_OBJECT_UNLOCK (self);
}

/* Whether the model that has just been set takes frames of `caps`. */
static gboolean
suits (GstDiscriminator *self, GstCaps *caps, const GstScoreFormat *format, GError **error)
{
  g_autoptr (GstCaps) taken =
      gst_discriminator_transform_caps (GST_BASE_TRANSFORM (self), GST_PAD_SINK, caps, NULL);
  const GstDiscriminatorPorts *ports = &self->judge.ports;
  const GstVideoInfo *info = &format->video;

  if (!gst_caps_is_empty (taken))
    return TRUE;
  if (format->is_sound || ports->input.kind == GEN_PORT_SOUND)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: it takes %s, and what passes is another kind, rate or number of channels",
        ports->model->path, ports->input.kind == GEN_PORT_SOUND ? "sounds" : "pictures");
  else
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: it takes %d x %d pixels of %d channels, but the frames that pass are %d x %d of %s",
        ports->model->path, ports->input.width, ports->input.height, ports->input.channels,
        info->width, info->height, GST_VIDEO_INFO_NAME (info));
  return FALSE;
}

/* Let the model of `next` score the frames that pass; where it cannot, the old one goes on. */
static gboolean
change_ports (GstDiscriminator *self, const GstDiscriminatorPorts *next, GError **error)
{
  const GstScoreFormat *format = gst_score_filter_get_format (GST_SCORE_FILTER (self));
  g_autoptr (GstCaps) caps =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (GST_BASE_TRANSFORM (self)));
  const GstDiscriminatorPorts old = self->judge.ports;
  g_autoptr (GError) failure = NULL;
  gboolean suitable;

  gst_discriminator_judge_set_ports (&self->judge, next);
  suitable = suits (self, caps, format, error);
  if (suitable && gst_discriminator_fit (self, caps, format, error))
    return TRUE;
  gst_discriminator_judge_set_ports (&self->judge, &old);
  if (suitable && !gst_discriminator_fit (self, caps, format, &failure))
    gst_generative_post_error (GST_ELEMENT (self), failure);
  return FALSE;
}

void
gst_discriminator_before_transform (GstBaseTransform *base, GstBuffer *buffer)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  GenModel *model = gst_succession_take (&self->succession);
  GstDiscriminatorPorts next = { 0 }, old = self->judge.ports;
  g_autoptr (GError) error = NULL;

  if (model == NULL)
    return;
  if (!gst_discriminator_choose_ports (&next, model, &self->hints, &error) ||
      !change_ports (self, &next, &error)) {
    refuse (self, error);
    gst_discriminator_ports_clear (&next);
    return;
  }
  gst_discriminator_ports_clear (&old);
  gst_discriminator_gate_forget_model (&self->gate);
  gst_generative_parameters_follow (&self->parameters, model);
  follow_scales (self);
  self->told_not_finite = FALSE;
  if (next.input.kind == GEN_PORT_SOUND)
    gst_score_filter_update_window (GST_SCORE_FILTER (self));
  gst_discriminator_warn (&next, &self->hints, GST_ELEMENT (self));
  gst_discriminator_tell_calibration (self, &next);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("discriminator-reload", "model", G_TYPE_STRING, model->path, NULL)));
}

/* --- parameters --- */

/* What has been said since, in the words of property parameters, to be freed; NULL: nothing. Where
 * shapes hang on it, a model is read that has them. */
static char *
take_said (GstDiscriminator *self)
{
  const gboolean parameters_said =
      g_atomic_int_compare_and_exchange (&self->parameters_said, TRUE, FALSE);
  const gboolean scales_said = g_atomic_int_compare_and_exchange (&self->scales_said, TRUE, FALSE);
  g_autofree char *parameters = NULL, *scales = NULL;
  g_autoptr (GString) said = NULL;

  if (!parameters_said && !scales_said)
    return NULL;
  GST_OBJECT_LOCK (self);
  if (parameters_said)
    parameters = g_strdup (self->said.texts[GST_GENERATIVE_SAID_PARAMETERS]);
  scales = g_strdup (self->adapters.texts[GST_GENERATIVE_ADAPTERS_SCALES]);
  if (self->judge.ports.model->fixed != NULL &&
      (parameters != NULL || (scales_said && self->scales_changed)))
    gst_discriminator_follow_path (self);
  GST_OBJECT_UNLOCK (self);
  said = g_string_new (parameters);
  if (scales_said)
    gst_generative_adapters_say (GST_ELEMENT (self), self->judge.ports.model, scales, said);
  return said->len > 0 ? g_string_free (g_steal_pointer (&said), FALSE) : NULL;
}

void
gst_discriminator_set_parameters (GstDiscriminator *self, GstClockTime pts)
{
  g_autofree char *text = take_said (self);

  gst_generative_parameters_give (&self->parameters, self->judge.player, text,
      gst_generative_stream_time (&GST_BASE_TRANSFORM (self)->segment, pts));
}
