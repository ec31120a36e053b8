/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sink pads: "sink" gathers batches and blocks while training has enough of them;
 * "validation" and "test" keep their samples. What is common to all comes first. */
#include "trainer.h"

#include "../shared/interlaced.h"
#include "../shared/label-meta.h"
#include "../shared/part-query.h"
#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (trainer_debug);
#define GST_CAT_DEFAULT trainer_debug

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

/* Samples of a medium, as the nets of the preset for it take them; any where `preset` is NULL. */
static GstCaps *
medium_caps (const GenMedium *medium, const GenPreset *preset, gboolean progressive)
{
  const gboolean is_sound = medium == &gen_medium_sound;
  GstCaps *caps =
      gst_caps_from_string (is_sound ? GST_TRAINER_SOUND_CAPS : GST_TRAINER_PICTURE_CAPS);

  if (!is_sound && progressive)
    gst_caps_set_simple (caps, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  if (!is_sound && preset != NULL)
    restrict_pictures (caps, preset);
  if (is_sound && preset != NULL && preset->channels > 0)
    gst_caps_set_simple (caps, "channels", GST_TYPE_INT_RANGE, 1, preset->channels, NULL);
  return caps;
}

/* What a pad takes: what presets' nets are of, or anything that models may be of. */
static GstCaps *
taken_caps (GstTrainer *self, GstPad *pad)
{
  const GenMedium *const media[] = { &gen_medium_picture, &gen_medium_sound };
  const gboolean models = gen_training_settings_has_models (&self->settings) ||
                          gen_training_settings_begin_as_teacher (&self->settings);
  GstCaps *caps = gst_caps_new_empty ();

  for (guint i = 0; i < G_N_ELEMENTS (media); i++) {
    const GenPreset *preset =
        models ? NULL : gen_training_settings_preset (&self->settings, media[i], NULL);

    if (models || preset != NULL)
      gst_caps_append (caps, medium_caps (media[i], preset, GST_PAD_IS_ACTIVE (pad)));
  }
  /* No preset will do: which would, the error tells with which training begins. */
  if (gst_caps_is_empty (caps))
    for (guint i = 0; i < G_N_ELEMENTS (media); i++)
      gst_caps_append (caps, medium_caps (media[i], NULL, GST_PAD_IS_ACTIVE (pad)));
  return caps;
}

/* Of all that is taken, what is of the kind that is offered. (transfer full) */
static GstCaps *
find_kind (const GstCaps *taken, const GstCaps *offered)
{
  const char *kind = gst_structure_get_name (gst_caps_get_structure (offered, 0));
  GstCaps *found = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (taken); i++) {
    const GstStructure *structure = gst_caps_get_structure (taken, i);

    if (gst_structure_has_name (structure, kind))
      gst_caps_append_structure (found, gst_structure_copy (structure));
  }
  return found;
}

/* Negotiation fails elsewhere and says little: tell what is taken. */
static void
explain_caps (GstTrainer *self, GstCaps *taken, GstCaps *offered)
{
  const GstStructure *first = gst_caps_get_structure (offered, 0);
  const gboolean sounds = gst_structure_has_name (first, "audio/x-raw");
  g_autoptr (GstCaps) alike = find_kind (taken, offered);
  g_autofree char *text = gst_caps_to_string (gst_caps_is_empty (alike) ? taken : alike);

  if (gst_caps_is_empty (alike))
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The data is %s, and what is trained on is %s; another preset is for it",
            gst_structure_get_name (first), text),
        ("offered %" GST_PTR_FORMAT, (void *)offered));
  else
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The %s are not of a kind that is trained on, which is %s: put %s in front",
            sounds ? "sounds" : "pictures", text,
            sounds ? "audioconvert ! audioresample" : "videoconvert ! videoscale"),
        ("offered %" GST_PTR_FORMAT, (void *)offered));
}

/* A source that asks before anything has come makes this process's samples alone. Where a sample of
 * training is several of the stream, which of them belong together is known here only. */
static gboolean
answer_part (GstTrainer *self, GstPad *pad, GstQuery *query)
{
  GenTrainingPart part;

  if (pad != self->sink || self->training == NULL)
    return FALSE;
  part = gen_training_get_part (self->training);
  if (part.members == 1 || gen_training_settings (self->training)->trainer.recipe->frames > 1 ||
      (gen_training_trainer (self->training) != NULL && !self->has_part))
    return FALSE;
  if (!self->has_part)
    gen_training_set_has_part (self->training, TRUE);
  self->has_part = TRUE;
  gst_generative_answer_part (query, &part);
  return TRUE;
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  if (gst_generative_is_part_query (query))
    return answer_part (GST_TRAINER (parent), pad, query);
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS) {
    gboolean answered = gst_pad_query_default (pad, parent, query);

    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    return answered;
  }
  caps = taken_caps (GST_TRAINER (parent), pad);
  gst_query_parse_caps (query, &filter);
  if (filter != NULL) {
    g_autoptr (GstCaps) both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);

    gst_query_set_caps_result (query, both);
    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    if (gst_caps_is_empty (both) && !gst_caps_is_empty (filter) && GST_PAD_IS_ACTIVE (pad) &&
        !gst_pad_has_current_caps (pad) && !gst_generative_are_interlaced (filter))
      explain_caps (GST_TRAINER (parent), caps, filter);
    return TRUE;
  }
  gst_query_set_caps_result (query, caps);
  gst_generative_answer_unlinked (pad, query);
  return TRUE;
}

/* Hand a buffer's samples on; what is wrong with it is told. */
static GstFlowReturn
take_samples (
    GstTrainer *self, GstTrainerSamples *samples, GstBuffer *buffer, GstTrainerTakeSample take)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = gst_trainer_samples_take (samples, buffer, take, self, &error);

  if (error != NULL)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
  return flow;
}

/* Whether a buffer does not follow the one before it, as the frames of a film do. */
static gboolean
begins_anew (const GstTrainerSamples *samples, const GstBuffer *buffer)
{
  return samples->by_item || GST_BUFFER_IS_DISCONT (buffer);
}

/* A stream that is a data set's says so before its first buffer. */
static gboolean
is_dataset (GstEvent *event)
{
  return gst_event_has_name (event, "generative-dataset");
}

/* --- sink --- */

static gboolean
refuse_caps (GstTrainer *self, GstCaps *caps)
{
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps are no video and no audio"),
      ("caps %" GST_PTR_FORMAT, (void *)caps));
  return FALSE;
}

/* Other caps than those that training began with. */
static gboolean
change_caps (GstTrainer *self, GstCaps *caps)
{
  const GenFormat before = gst_trainer_samples_format (&self->training_data);
  GstTrainerSamples changed = self->training_data;
  GenFormat now;

  if (!gst_trainer_samples_set_caps (&changed, caps))
    return refuse_caps (self, caps);
  now = gst_trainer_samples_format (&changed);
  if (!gen_format_equal (&before, &now)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("the size and format of the %s cannot change while training runs", before.medium->plural),
        (NULL));
    return FALSE;
  }
  self->training_data = changed;
  return TRUE;
}

static gboolean
sink_caps (GstTrainer *self, GstCaps *caps)
{
  if (gen_training_queue (self->training) != NULL)
    return change_caps (self, caps);
  /* Sticky events come again with each buffer until they are taken. */
  if (self->refused)
    return FALSE;
  if (!gst_trainer_samples_set_caps (&self->training_data, caps))
    return refuse_caps (self, caps);
  GST_INFO_OBJECT (self, "trains on %" GST_PTR_FORMAT, (void *)caps);
  return gst_trainer_begin (self);
}

static void
take_dataset (GstTrainer *self, const GstStructure *structure)
{
  const GenRecipe *recipe = gen_training_settings (self->training)->trainer.recipe;
  gboolean dealt_by_place;
  guint length;

  self->training_data.by_item = TRUE;
  if (gst_structure_get_boolean (structure, "dealt-by-place", &dealt_by_place) && dealt_by_place)
    gen_training_set_dealt_by_place (self->training);
  if (recipe->frames > 1 && recipe->frames_of == GEN_FRAMES_OF_FILM)
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
        ("recipe=%s is taught by %u frames of a film that follow each other, and a data set has "
         "single ones; filesrc and decodebin give those of a film",
            recipe->name, recipe->frames),
        (NULL));
  if (gst_structure_get_uint (structure, "length", &length)) {
    GST_INFO_OBJECT (self, "an epoch has %u samples", length);
    gen_training_set_epoch (self->training, length);
  }
}

static void
flush (GstTrainer *self, gboolean flushing)
{
  GenBatchQueue *queue = gen_training_queue (self->training);

  if (queue == NULL)
    return;
  if (!flushing) {
    GST_DEBUG_OBJECT (self, "a flush: %u samples of a batch and what waited are dropped",
        gen_batch_queue_get_rest (queue));
    gst_trainer_samples_flush (&self->training_data);
    gen_batch_queue_break (queue);
  }
  gen_batch_queue_set_flushing (queue, flushing);
}

static void
end_data (GstTrainer *self)
{
  GenBatchQueue *queue = gen_training_queue (self->training);

  if (queue != NULL)
    gen_batch_queue_end (queue);
  else if (!self->refused)
    GST_ELEMENT_ERROR (
        self, STREAM, WRONG_TYPE, ("the data ended before any picture or sound came"), (NULL));
}

static void
take_event (GstTrainer *self, GstEvent *event, gboolean *handled)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    *handled = sink_caps (self, caps);
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    if (is_dataset (event))
      take_dataset (self, gst_event_get_structure (event));
    break;
  case GST_EVENT_FLUSH_START:
  case GST_EVENT_FLUSH_STOP:
    flush (self, GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
    break;
  case GST_EVENT_EOS:
    end_data (self);
    break;
  default:
    break; /* segments and tags of the data say nothing about the preview */
  }
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstTrainer *self = GST_TRAINER (parent);
  gboolean handled = TRUE;

  /* Without a training, the element is not started. */
  if (self->training != NULL)
    take_event (self, event, &handled);
  gst_event_unref (event);
  return handled;
}

/* What the next buffer gets when nothing is wanted any more. */
static GstFlowReturn
flow_of_end (GstTrainer *self)
{
  switch (gen_training_outcome (self->training)) {
  case GEN_TRAINING_DONE:
  case GEN_TRAINING_IDLE:
    return GST_FLOW_EOS;
  case GEN_TRAINING_FAILED:
    return GST_FLOW_ERROR;
  default:
    return GST_FLOW_FLUSHING; /* it was stopped */
  }
}

static GstFlowReturn
sink_take (gpointer data, const GenSample *sample, const GenClassShare *shares, guint n)
{
  GstTrainer *self = data;
  g_autoptr (GError) error = NULL;
  GenBatchQueueResult result =
      gen_batch_queue_add_mixture (gen_training_queue (self->training), sample, shares, n, &error);

  switch (result) {
  case GEN_BATCH_QUEUE_ADDED:
    return GST_FLOW_OK;
  case GEN_BATCH_QUEUE_FLUSHING:
    return GST_FLOW_FLUSHING;
  case GEN_BATCH_QUEUE_CLOSED:
    return flow_of_end (self);
  case GEN_BATCH_QUEUE_FAILED:
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  }
  return GST_FLOW_ERROR;
}

static GstFlowReturn
sink_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstTrainer *self = GST_TRAINER (parent);
  GenBatchQueue *queue = gen_training_queue (self->training);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (queue != NULL && begins_anew (&self->training_data, buffer))
    gen_batch_queue_break (queue);
  if (queue != NULL)
    flow = take_samples (self, &self->training_data, buffer, sink_take);
  gst_buffer_unref (buffer);
  if (flow == GST_FLOW_OK || flow == GST_FLOW_EOS)
    gst_trainer_preroll_end (&self->preroll);
  return flow;
}

/* --- validation and test --- */

static GstTrainerHeld *
find_held (GstTrainer *self, GstPad *pad)
{
  return pad == self->test.pad ? &self->test : &self->validation;
}

static void
break_held (GstTrainer *self, const GstTrainerHeld *held)
{
  if (held == &self->test)
    gen_training_break_test (self->training);
  else
    gen_training_break_validation (self->training);
}

static void
end_held (GstTrainer *self, const GstTrainerHeld *held)
{
  if (held == &self->test)
    gen_training_end_test (self->training);
  else
    gen_training_end_validation (self->training);
}

static gboolean
held_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstTrainer *self = GST_TRAINER (parent);
  GstTrainerHeld *held = find_held (self, pad);
  gboolean handled = TRUE;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    handled = gst_trainer_samples_set_caps (&held->samples, caps);
  } else if (is_dataset (event)) {
    held->samples.by_item = TRUE;
    gst_trainer_forget_classes (held);
    gst_structure_get_uint (gst_event_get_structure (event), "length", &held->length);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->training != NULL) {
    end_held (self, held);
  }
  gst_event_unref (event);
  return handled;
}

/* What is measured is what comes later, and that is not mixed. */
static gboolean
refuse_mixture (GstTrainer *self, const GstTrainerHeld *held, guint n)
{
  if (n == 1 || !gen_training_settings (self->training)->trainer.recipe->labels)
    return FALSE;
  GST_ELEMENT_ERROR (self, STREAM, FAILED,
      ("%s: a sample is a mixture of %u classes, as mix of videoaugment makes them; what nets are "
       "judged by is not mixed: only the samples of the pad sink are",
          GST_OBJECT_NAME (held->pad), n),
      (NULL));
  return TRUE;
}

/* The number that training has for a class of the pad's data. FALSE when an error was posted. */
static gboolean
find_label (GstTrainer *self, const GstTrainerHeld *held, int class, int *label)
{
  *label = class;
  if (held->classes == NULL || class < 0 || class >= (int)g_strv_length (held->names))
    return TRUE;
  *label = held->classes[class];
  if (*label >= 0)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FAILED,
      ("%s: a sample is of class \"%s\", of which there is none in what is trained on",
          GST_OBJECT_NAME (held->pad), held->names[class]),
      (NULL));
  return FALSE;
}

static GstFlowReturn
validation_take (gpointer data, const GenSample *sample, const GenClassShare *shares, guint n)
{
  GstTrainer *self = data;
  int label;

  if (refuse_mixture (self, &self->validation, n) ||
      !find_label (self, &self->validation, shares->label, &label))
    return GST_FLOW_ERROR;
  return gen_training_add_validation (self->training, sample, label) ? GST_FLOW_OK : GST_FLOW_EOS;
}

static GstFlowReturn
test_take (gpointer data, const GenSample *sample, const GenClassShare *shares, guint n)
{
  GstTrainer *self = data;
  int label;

  if (refuse_mixture (self, &self->test, n) ||
      !find_label (self, &self->test, shares->label, &label))
    return GST_FLOW_ERROR;
  return gen_training_add_test (self->training, sample, label) ? GST_FLOW_OK : GST_FLOW_EOS;
}

/* Whether all of a data set have come, which goes on with those that have come before. */
static gboolean
is_through (const GstTrainerHeld *held)
{
  return held->length > 0 && held->n_come >= held->length;
}

/* Hand a buffer's samples on. Each counts once: the first pass through a data set is the last. */
static GstFlowReturn
hold (GstTrainer *self, GstTrainerHeld *held, GstBuffer *buffer)
{
  GstFlowReturn flow = GST_FLOW_EOS;

  if (begins_anew (&held->samples, buffer))
    break_held (self, held);
  if (!is_through (held))
    flow = take_samples (
        self, &held->samples, buffer, held == &self->test ? test_take : validation_take);
  if (flow == GST_FLOW_OK)
    held->n_come++;
  if (!is_through (held))
    return flow;
  GST_INFO_OBJECT (
      self, "%s has all %u of its data set", GST_OBJECT_NAME (held->pad), held->length);
  end_held (self, held);
  return flow == GST_FLOW_OK ? GST_FLOW_EOS : flow;
}

/* How long sounds are, the nets say, and these are made when the data to train on comes. */
static GstFlowReturn
wait_for_length (GstTrainer *self, GstTrainerSamples *samples)
{
  const GenFormat *format;

  if (samples->medium != &gen_medium_sound || samples->sound.data != NULL)
    return GST_FLOW_OK;
  format = gen_training_wait_format (self->training);
  if (format == NULL)
    return GST_FLOW_FLUSHING;
  gst_trainer_samples_set_length (samples, format->length);
  return GST_FLOW_OK;
}

void
gst_trainer_forget_classes (GstTrainerHeld *held)
{
  held->has_asked = FALSE;
  g_clear_pointer (&held->names, g_strfreev);
  g_clear_pointer (&held->classes, g_free);
}

/* Data may have only some of the classes that are trained on, and its own numbers for them. Which
 * there are is known when the data to train on comes. */
static GstFlowReturn
ask_classes (GstTrainer *self, GstTrainerHeld *held)
{
  if (held->has_asked)
    return GST_FLOW_OK;
  gst_trainer_forget_classes (held);
  held->names = gst_generative_query_classes (held->pad);
  if (held->names[0] != NULL && gen_training_wait_format (self->training) == NULL)
    return GST_FLOW_FLUSHING;
  if (held->names[0] != NULL)
    held->classes = gen_training_find_classes (
        self->training, (const char *const *)held->names, g_strv_length (held->names));
  held->has_asked = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
held_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstTrainer *self = GST_TRAINER (parent);
  GstTrainerHeld *held = find_held (self, pad);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (gst_pad_has_current_caps (pad))
    flow = wait_for_length (self, &held->samples);
  if (flow == GST_FLOW_OK)
    flow = ask_classes (self, held);
  if (flow == GST_FLOW_OK)
    flow = hold (self, held, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

GstPad *
gst_trainer_new_sink (GstPadTemplate *pad_template)
{
  gboolean held = GST_PAD_TEMPLATE_PRESENCE (pad_template) == GST_PAD_REQUEST;
  GstPad *pad =
      gst_pad_new_from_template (pad_template, GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template));

  /* Caps that do not mention fields of ours fit. */
  GST_PAD_SET_ACCEPT_INTERSECT (pad);
  gst_pad_set_chain_function (pad, held ? held_chain : sink_chain);
  gst_pad_set_event_function (pad, held ? held_event : sink_event);
  gst_pad_set_query_function (pad, query);
  return pad;
}
