/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer's sink pads: "sink" gathers batches and blocks while training has enough of them;
 * "validation" keeps its samples. What is common to both comes first. */
#include "gantrainer.h"

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

/* Pictures of the sizes that a preset takes. */
static void
restrict_pictures (GstCaps *caps, const GenPreset *preset)
{
  for (guint i = 0; preset->extents != NULL && preset->extents[i] != 0; i++) {
    if (i > 0)
      gst_caps_append_structure (caps, gst_structure_copy (gst_caps_get_structure (caps, 0)));
    gst_structure_set (gst_caps_get_structure (caps, i), "width", G_TYPE_INT, preset->extents[i],
        "height", G_TYPE_INT, preset->extents[i], NULL);
  }
}

/* What a pad takes: what a preset's nets are of, or anything that models may be of. */
static GstCaps *
taken_caps (GstGanTrainer *self, GstPad *pad)
{
  const GenPreset *preset = gst_gan_trainer_preset (self);
  g_autoptr (GstCaps) pictures = gst_caps_from_string (GST_GAN_TRAINER_PICTURE_CAPS);
  g_autoptr (GstCaps) sounds = gst_caps_from_string (GST_GAN_TRAINER_SOUND_CAPS);

  if (GST_PAD_IS_ACTIVE (pad))
    gst_caps_set_simple (pictures, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  if (preset == NULL) {
    gst_caps_append (pictures, g_steal_pointer (&sounds));
    return g_steal_pointer (&pictures);
  }
  if (preset->medium != &gen_medium_sound) {
    restrict_pictures (pictures, preset);
    return g_steal_pointer (&pictures);
  }
  if (preset->channels > 0)
    gst_caps_set_simple (sounds, "channels", GST_TYPE_INT_RANGE, 1, preset->channels, NULL);
  return g_steal_pointer (&sounds);
}

/* Negotiation fails elsewhere and says little: tell what is taken. */
static void
explain_caps (GstGanTrainer *self, GstCaps *taken, GstCaps *offered)
{
  const gboolean sounds = gst_structure_has_name (gst_caps_get_structure (taken, 0), "audio/x-raw");
  g_autofree char *text = gst_caps_to_string (taken);

  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("The %s are not of a kind that is trained on, which is %s: put %s in front",
          sounds ? "sounds" : "pictures", text,
          sounds ? "audioconvert and audioresample" : "videoconvert and videoscale"),
      ("offered %" GST_PTR_FORMAT, (void *)offered));
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS) {
    gboolean answered = gst_pad_query_default (pad, parent, query);

    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    return answered;
  }
  caps = taken_caps (GST_GAN_TRAINER (parent), pad);
  gst_query_parse_caps (query, &filter);
  if (filter != NULL) {
    g_autoptr (GstCaps) both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);

    gst_query_set_caps_result (query, both);
    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    if (gst_caps_is_empty (both) && !gst_caps_is_empty (filter) && GST_PAD_IS_ACTIVE (pad) &&
        !gst_pad_has_current_caps (pad) && !gst_generative_are_interlaced (filter))
      explain_caps (GST_GAN_TRAINER (parent), caps, filter);
    return TRUE;
  }
  gst_query_set_caps_result (query, caps);
  return TRUE;
}

/* Hand a buffer's samples on; what is wrong with it is told. */
static GstFlowReturn
take_samples (GstGanTrainer *self, GstGanTrainerSamples *samples, GstBuffer *buffer,
    GstGanTrainerTakeSample take)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = gst_gan_trainer_samples_take (samples, buffer, take, self, &error);

  if (error != NULL)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
  return flow;
}

/* A stream that is a data set's says so before its first buffer. */
static gboolean
is_dataset (const GstEvent *event)
{
  return gst_event_has_name ((GstEvent *)event, "generative-dataset");
}

/* --- sink --- */

/* Other caps than those that training began with. */
static gboolean
change_caps (GstGanTrainer *self, GstCaps *caps)
{
  const GenFormat before = gst_gan_trainer_samples_format (&self->training_data);
  GstGanTrainerSamples changed = self->training_data;

  if (gst_gan_trainer_samples_set_caps (&changed, caps)) {
    const GenFormat now = gst_gan_trainer_samples_format (&changed);

    if (gen_format_equal (&before, &now)) {
      self->training_data = changed;
      return TRUE;
    }
  }
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("the size and format of the %s cannot change while training runs", before.medium->plural),
      (NULL));
  return FALSE;
}

static gboolean
sink_caps (GstGanTrainer *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;

  if (self->trainer != NULL)
    return change_caps (self, caps);
  if (!gst_gan_trainer_samples_set_caps (&self->training_data, caps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps are no video and no audio"),
        ("caps %" GST_PTR_FORMAT, (void *)caps));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "trains on %" GST_PTR_FORMAT, (void *)caps);
  if (!gst_gan_trainer_open (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s", error->message), (NULL));
    gst_gan_trainer_close (self);
    return FALSE;
  }
  gst_gan_trainer_start_training (self);
  return TRUE;
}

/* Samples that training does not have yet are thrown away. */
static void
empty_queue (GstGanTrainer *self)
{
  GST_DEBUG_OBJECT (self, "a flush: %u samples of a batch and what waited are dropped", self->slot);
  self->write = self->read + (self->busy ? 1 : 0);
  self->slot = 0;
  gst_gan_trainer_samples_flush (&self->training_data);
}

static void
take_dataset (GstGanTrainer *self, const GstStructure *structure)
{
  guint length;

  self->training_data.by_item = TRUE;
  if (gst_structure_get_uint (structure, "length", &length)) {
    GST_INFO_OBJECT (self, "an epoch has %u samples", length);
    g_mutex_lock (&self->mutex);
    self->dataset_length = length;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
  }
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    handled = sink_caps (self, caps);
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    if (is_dataset (event))
      take_dataset (self, gst_event_get_structure (event));
    break;
  case GST_EVENT_FLUSH_START:
    g_mutex_lock (&self->mutex);
    self->flushing = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
    break;
  case GST_EVENT_FLUSH_STOP:
    g_mutex_lock (&self->mutex);
    self->flushing = FALSE;
    self->data_ended = FALSE;
    empty_queue (self);
    g_mutex_unlock (&self->mutex);
    break;
  case GST_EVENT_EOS:
    g_mutex_lock (&self->mutex);
    self->data_ended = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
    if (self->trainer == NULL)
      GST_ELEMENT_ERROR (
          self, STREAM, WRONG_TYPE, ("the data ended before any picture or sound came"), (NULL));
    break;
  default:
    break; /* segments and tags of the data say nothing about the preview */
  }
  gst_event_unref (event);
  return handled;
}

/* Wait until the batch being filled has a place. Under the mutex. */
static GstFlowReturn
wait_for_place (GstGanTrainer *self)
{
  while (!self->flushing && self->flow == GST_FLOW_OK &&
         self->write - self->read >= GST_GAN_TRAINER_BATCHES)
    g_cond_wait (&self->cond, &self->mutex);
  return self->flushing ? GST_FLOW_FLUSHING : self->flow;
}

static GstFlowReturn
sink_take (gpointer data, const GenSample *sample)
{
  GstGanTrainer *self = data;
  gsize sample_floats = self->batch_floats / self->settings.batch_size;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow;
  GenFeed *batch;

  if (self->skip > 0) { /* an earlier run has seen it already */
    self->skip--;
    return GST_FLOW_OK;
  }
  g_mutex_lock (&self->mutex);
  flow = wait_for_place (self);
  batch = self->batches[self->write % GST_GAN_TRAINER_BATCHES];
  g_mutex_unlock (&self->mutex);
  if (flow != GST_FLOW_OK)
    return flow;
  sample->medium->to_numbers (
      sample, self->low, self->high, (float *)gen_feed_data (batch) + self->slot * sample_floats);
  if (++self->slot < (guint)self->settings.batch_size)
    return GST_FLOW_OK;
  if (!gen_feed_send (batch, &error)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  g_mutex_lock (&self->mutex);
  self->slot = 0;
  self->write++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  return GST_FLOW_OK;
}

static GstFlowReturn
sink_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (self->trainer != NULL)
    flow = take_samples (self, &self->training_data, buffer, sink_take);
  gst_buffer_unref (buffer);
  return flow;
}

/* --- validation --- */

static void
end_validation_data (GstGanTrainer *self)
{
  g_mutex_lock (&self->mutex);
  self->validation_ended = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static gboolean
validation_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    handled = gst_gan_trainer_samples_set_caps (&self->validation_data, caps);
  } else if (is_dataset (event)) {
    self->validation_data.by_item = TRUE;
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    end_validation_data (self);
  }
  gst_event_unref (event);
  return handled;
}

static GstFlowReturn
validation_take (gpointer data, const GenSample *sample)
{
  GstGanTrainer *self = data;
  gboolean ended;

  g_mutex_lock (&self->mutex);
  ended = self->validation_ended;
  g_mutex_unlock (&self->mutex);
  if (ended)
    return GST_FLOW_EOS;
  gen_validation_add (self->validation, sample);
  if (gen_validation_count (self->validation) < self->validation_samples)
    return GST_FLOW_OK;
  end_validation_data (self);
  return GST_FLOW_EOS;
}

/* How long sounds are, the nets say, and these are made when the data to train on comes. */
static GstFlowReturn
wait_for_length (GstGanTrainer *self)
{
  GstGanTrainerSamples *samples = &self->validation_data;
  gboolean known;
  gsize length;

  if (samples->medium != &gen_medium_sound || samples->sound.data != NULL)
    return GST_FLOW_OK;
  g_mutex_lock (&self->mutex);
  while (self->sample_length == 0 && !self->flushing && !self->stopping && !self->data_ended &&
         self->flow == GST_FLOW_OK)
    g_cond_wait (&self->cond, &self->mutex);
  length = self->sample_length;
  known = length > 0 && !self->stopping;
  g_mutex_unlock (&self->mutex);
  if (!known)
    return GST_FLOW_FLUSHING;
  gst_gan_trainer_samples_set_length (samples, length);
  return GST_FLOW_OK;
}

static GstFlowReturn
validation_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (gst_pad_has_current_caps (pad))
    flow = wait_for_length (self);
  if (flow == GST_FLOW_OK)
    flow = take_samples (self, &self->validation_data, buffer, validation_take);
  gst_buffer_unref (buffer);
  return flow;
}

GstPad *
gst_gan_trainer_new_sink (GstGanTrainer *self, GstPadTemplate *pad_template)
{
  gboolean validation = GST_PAD_TEMPLATE_PRESENCE (pad_template) == GST_PAD_REQUEST;
  GstPad *pad =
      gst_pad_new_from_template (pad_template, GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template));

  /* Caps that do not mention fields of ours fit. */
  GST_PAD_SET_ACCEPT_INTERSECT (pad);
  gst_pad_set_chain_function (pad, validation ? validation_chain : sink_chain);
  gst_pad_set_event_function (pad, validation ? validation_event : sink_event);
  gst_pad_set_query_function (pad, query);
  return pad;
}
