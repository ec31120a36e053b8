/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-gantrainer
 * @title: gantrainer
 * @short_description: trains a generator on the pictures that flow in
 *
 * Trains a generative adversarial network: a generator that makes pictures of noise, against a
 * discriminator that tells them from the pictures that flow in. The nets are those of a #preset,
 * fresh, or any pair of ONNX models. What comes out is a folder, #checkpoint, with
 * `generator.onnx` and `discriminator.onnx` for the elements of these names, and what is needed to
 * go on with `resume=true`.
 *
 * A second source, linked to the pad `validation`, gives pictures that training does not see, for
 * instance `datasetsrc split=validation epochs=1`. Every #validation-interval steps they are
 * compared with as many made ones. The models with the lowest Frechet distance so far are kept in
 * the folder `best` of the #checkpoint, and #early-stopping ends training when it gets no lower.
 *
 * The src pad shows a wall of made pictures, always of the same latents, as training goes on. It
 * may be left unlinked; then the element is the end of its pipeline. Interlaced pictures are
 * refused on both sinks: put deinterlace in front.
 *
 * Training runs on a thread of its own. It ends after #epochs or #max-steps, or with the data; then
 * the checkpoint is written and EOS sent on. It is written as well when training is stopped before
 * (by Ctrl-C, or any other way to READY) and when the pipeline fails elsewhere, so that
 * `resume=true` goes on from the last step. Training that has diverged, because a loss is no number
 * or scores are beyond 2^24, or with precision=fp16 on a GPU because a loss overflows however small
 * its scale, ends with an error and leaves the last checkpoint as it was.
 *
 * A folder that has trained models already is an error, unless #resume goes on from them or
 * #overwrite replaces them; so is one that another training is writing to.
 *
 * Every second an element message `gantrainer-progress` is posted, with the fields `step`, `epoch`,
 * `samples-per-second`, `seconds-left` (-1 when the end is not known), `discriminator-loss`,
 * `generator-loss`, `accuracy-on-real` and `accuracy-on-fake`; and, while the pipeline plays, a
 * GST_MESSAGE_PROGRESS of the code `training`. With precision=fp16 on a GPU, losses are scaled so
 * that gradients do not vanish, and where these overflow, the update of a net is skipped: there are
 * `discriminator-loss-scale`, `generator-loss-scale` and `skipped-updates`, too. Each validation
 * posts `gantrainer-validation`, with `step`, `frechet`, `features` and `samples` that it is over,
 * `diversity`, `accuracy-on-validation`, and whether it is the `best` so far.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=640 ! \
 *   video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   gantrainer preset=mlp batch-size=64 checkpoint=ball
 * ]|
 * Ten steps on pictures of a ball.
 */
#include "gantrainer.h"

#include <generative/onnx.h>

#include "../shared/debug.h"
#include "../elements.h"

GST_DEBUG_CATEGORY (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GAN_TRAINER_CAPS));
static GstStaticPadTemplate validation_template = GST_STATIC_PAD_TEMPLATE (
    "validation", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_GAN_TRAINER_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GAN_TRAINER_CAPS));

G_DEFINE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (gantrainer, "gantrainer", GST_RANK_NONE, GST_TYPE_GAN_TRAINER)

static void
gst_gan_trainer_finalize (GObject *object)
{
  GstGanTrainer *self = GST_GAN_TRAINER (object);

  gst_gan_trainer_clear_properties (self);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (gst_gan_trainer_parent_class)->finalize (object);
}

/* --- the nets --- */

/* A pad that nothing is linked to would be waited for in vain. */
gboolean
gst_gan_trainer_validates (GstGanTrainer *self)
{
  return self->validation_pad != NULL && gst_pad_is_linked (self->validation_pad);
}

/* Names to descriptors. */
static gboolean
gst_gan_trainer_check (GstGanTrainer *self)
{
  g_autoptr (GError) error = NULL;

  self->settings.optimizer = gen_optimizer_list ()[self->optimizer];
  self->settings.loss = gen_loss_list ()[self->loss];
  self->settings.precision = gst_generative_precision_resolve (self->precision);
  self->settings.device = gst_generative_device_find (GST_ELEMENT (self), self->device, &error);
  if (self->settings.device == NULL) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if ((self->generator_model == NULL) != (self->discriminator_model == NULL)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("generator-model and discriminator-model must both be set, or neither"), (NULL));
    return FALSE;
  }
  if (self->checkpoint == NULL || *self->checkpoint == '\0') {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("checkpoint: a folder must be named"), (NULL));
    return FALSE;
  }
  if (self->early_stopping > 0 && !gst_gan_trainer_validates (self)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("early-stopping: nothing tells when training gets no better; link pictures, such as those "
         "of datasetsrc split=validation, to the pad validation"),
        (NULL));
    return FALSE;
  }
  if (!gen_trainer_settings_check (&self->settings, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

/* The two nets, for pictures of the caps. */
static gboolean
gst_gan_trainer_make_nets (
    GstGanTrainer *self, GenGraph **generator, GenGraph **discriminator, GError **error)
{
  GenPresetOptions options = self->options;
  const GenPreset *preset;

  if (self->generator_model != NULL) {
    *generator = gen_onnx_load (self->generator_model, error);
    *discriminator = *generator != NULL ? gen_onnx_load (self->discriminator_model, error) : NULL;
    return *discriminator != NULL;
  }
  preset = gen_preset_list ()[self->preset];
  options.format = (GenFormat){ &gen_medium_picture, GST_VIDEO_INFO_WIDTH (&self->info),
    GST_VIDEO_INFO_HEIGHT (&self->info), GST_VIDEO_INFO_N_COMPONENTS (&self->info) };
  options.seed = self->settings.seed;
  *generator = preset->generator (&options, error);
  *discriminator = *generator != NULL ? preset->discriminator (&options, error) : NULL;
  return *discriminator != NULL;
}

/* A trainer on the device; where that fails and any will do, on the CPU. */
static GenTrainer *
gst_gan_trainer_make (
    GstGanTrainer *self, GenGraph *generator, GenGraph *discriminator, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenTrainer *trainer = gen_trainer_new (generator, discriminator, &self->settings, &failure);

  if (trainer != NULL)
    return trainer;
  if (failure->domain != GEN_DEVICE_ERROR || self->device != GST_GENERATIVE_DEVICE_AUTO ||
      self->settings.device == &gen_device_cpu) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  GST_INFO_OBJECT (self, "falls back to the CPU: %s", failure->message);
  gst_generative_announce_cpu (GST_ELEMENT (self), failure);
  self->settings.device = &gen_device_cpu;
  return gen_trainer_new (generator, discriminator, &self->settings, error);
}

/* What is trained, and how. */
static void
gst_gan_trainer_log_trainer (GstGanTrainer *self, gint64 began)
{
  const GenTrainerSettings *settings = &self->settings;
  const gboolean measures = settings->device != NULL && settings->device != &gen_device_cpu;
  const GenPlanOptions options = { .device = settings->device,
    .threads = settings->threads,
    .precision = settings->precision,
    .choice = measures ? settings->choice : GEN_CHOICE_RULES };
  g_autofree char *text = gst_generative_describe_options (&options);

  GST_INFO_OBJECT (self, "%s, a step of %d pictures compiled in %.1f ms: optimizer %s, loss %s; %s",
      self->generator_model != NULL ? self->generator_model
                                    : gen_preset_list ()[self->preset]->name,
      settings->batch_size, gst_generative_since (began), settings->optimizer->name,
      settings->loss->name, text);
}

gboolean
gst_gan_trainer_open (GstGanTrainer *self, GError **error)
{
  g_autoptr (GenGraph) generator = NULL, discriminator = NULL;
  gint64 began = g_get_monotonic_time ();
  const GenShape *shape;

  if (!gst_gan_trainer_make_nets (self, &generator, &discriminator, error))
    return FALSE;
  self->trainer = gst_gan_trainer_make (self, generator, discriminator, error);
  if (self->trainer == NULL)
    return FALSE;
  gst_gan_trainer_log_trainer (self, began);
  shape = gen_trainer_sample_shape (self->trainer);
  if (shape->rank != 4 || shape->dims[1] != GST_VIDEO_INFO_N_COMPONENTS (&self->info) ||
      shape->dims[2] != GST_VIDEO_INFO_HEIGHT (&self->info) ||
      shape->dims[3] != GST_VIDEO_INFO_WIDTH (&self->info)) {
    g_autofree char *text = gen_shape_to_string (shape);

    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "discriminator-model takes %s, but the caps say %d channels, height %d and width %d", text,
        GST_VIDEO_INFO_N_COMPONENTS (&self->info), GST_VIDEO_INFO_HEIGHT (&self->info),
        GST_VIDEO_INFO_WIDTH (&self->info));
    return FALSE;
  }
  self->progress = (GenTrainingProgress)GEN_TRAINING_PROGRESS_START;
  if (self->resume &&
      !gen_checkpoint_load (self->trainer, self->checkpoint, &self->progress, error))
    return FALSE;
  self->skip = self->progress.samples;
  if (self->resume)
    GST_INFO_OBJECT (self,
        "goes on from step %" G_GUINT64_FORMAT " of %s, passing %" G_GUINT64_FORMAT
        " pictures over",
        gen_trainer_steps (self->trainer), self->checkpoint, self->skip);
  gen_trainer_range (self->trainer, &self->low, &self->high);
  self->batch_floats = gen_trainer_sample_size (self->trainer) * self->settings.batch_size;
  for (int i = 0; i < GST_GAN_TRAINER_BATCHES; i++)
    if ((self->batches[i] = gen_trainer_new_feed (self->trainer, error)) == NULL)
      return FALSE;
  return TRUE;
}

void
gst_gan_trainer_close (GstGanTrainer *self)
{
  for (int i = 0; i < GST_GAN_TRAINER_BATCHES; i++)
    g_clear_pointer (&self->batches[i], gen_feed_free);
  g_clear_pointer (&self->trainer, gen_trainer_free);
  gst_gan_trainer_preview_clear (self);
}

/* --- states --- */

static void
gst_gan_trainer_start (GstGanTrainer *self)
{
  self->read = self->write = 0;
  self->slot = 0;
  self->busy = self->stopping = self->flushing = self->data_ended = self->validation_ended = FALSE;
  self->validation = gen_validation_new (self->settings.seed);
  self->flow = GST_FLOW_OK;
  self->dataset_length = 0;
  self->ended = self->unsaved = FALSE;
  self->replacing = self->overwrite;
  /* Without anybody behind it, it is the sink whose EOS ends the pipeline. */
  if (gst_pad_is_linked (self->src))
    GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_SINK);
  else
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

static void
gst_gan_trainer_set_stopping (GstGanTrainer *self)
{
  g_mutex_lock (&self->mutex);
  self->stopping = self->flushing = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

/* All that start and training have made. */
static void
gst_gan_trainer_stop (GstGanTrainer *self)
{
  gst_gan_trainer_set_stopping (self);
  gst_gan_trainer_stop_training (self);
  gst_gan_trainer_close (self);
  g_clear_pointer (&self->validation, gen_validation_free);
  gst_gan_trainer_give_folder_back (self);
}

static GstStateChangeReturn
gst_gan_trainer_change_state (GstElement *element, GstStateChange transition)
{
  GstGanTrainer *self = GST_GAN_TRAINER (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!gst_gan_trainer_check (self) || !gst_gan_trainer_take_folder (self))
      return GST_STATE_CHANGE_FAILURE;
    gst_gan_trainer_start (self);
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_gan_trainer_set_stopping (self);

  result = GST_ELEMENT_CLASS (gst_gan_trainer_parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    gst_gan_trainer_stop (self);
  return result;
}

/* The preview's thread stops when the pad does. */
static gboolean
gst_gan_trainer_src_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);

  if (!active) {
    gst_gan_trainer_set_stopping (self);
    gst_pad_stop_task (pad);
  }
  return mode == GST_PAD_MODE_PUSH;
}

static GstPad *
gst_gan_trainer_request_new_pad (
    GstElement *element, GstPadTemplate *pad_template, const char *name, const GstCaps *caps)
{
  GstGanTrainer *self = GST_GAN_TRAINER (element);

  if (self->validation_pad != NULL)
    return NULL;
  self->validation_pad = gst_gan_trainer_new_sink (self, pad_template);
  gst_element_add_pad (element, self->validation_pad);
  return self->validation_pad;
}

static void
gst_gan_trainer_release_pad (GstElement *element, GstPad *pad)
{
  GST_GAN_TRAINER (element)->validation_pad = NULL;
  gst_element_remove_pad (element, pad);
}

static void
gst_gan_trainer_class_init (GstGanTrainerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gan_trainer_debug, "gantrainer", 0, "the nets, how training goes, and each step");

  object_class->finalize = gst_gan_trainer_finalize;
  gst_gan_trainer_install_properties (object_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &validation_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "GAN trainer", "Filter/Video/Training",
      "Trains a generator and a discriminator on the pictures that flow in", "gst-generative");
  element_class->change_state = gst_gan_trainer_change_state;
  element_class->request_new_pad = gst_gan_trainer_request_new_pad;
  element_class->release_pad = gst_gan_trainer_release_pad;
}

static void
gst_gan_trainer_init (GstGanTrainer *self)
{
  self->sink = gst_gan_trainer_new_sink (
      self, gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "sink"));
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_activatemode_function (self->src, gst_gan_trainer_src_activate);
  gst_pad_use_fixed_caps (self->src);
  gst_gan_trainer_preview_prepare (self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  gst_gan_trainer_init_properties (self);
}
