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
 * The src pad shows a wall of made pictures, always of the same latents, as training goes on. It
 * may be left unlinked; then the element is the end of its pipeline.
 *
 * Training runs on a thread of its own. It ends after #epochs or #max-steps, or with the data; then
 * the checkpoint is written and EOS sent on. It stops with an error, and leaves the last checkpoint
 * as it was, when a loss is no longer a number.
 *
 * Every second an element message `gantrainer-progress` is posted, with the fields `step`, `epoch`,
 * `samples-per-second`, `seconds-left` (-1 when the end is not known), `discriminator-loss`,
 * `generator-loss`, `accuracy-on-real` and `accuracy-on-fake`; and a GST_MESSAGE_PROGRESS of the
 * code `training`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=640 !
 *   video/x-raw,format=GRAY8,width=28,height=28 !
 *   gantrainer preset=mlp batch-size=64 checkpoint=ball
 * ]|
 * Ten steps on pictures of a ball.
 */
#include "gantrainer.h"

#include <generative/checkpoint.h>
#include <generative/onnx.h>

#include "elements.h"

GST_DEBUG_CATEGORY_STATIC (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

enum {
  PROP_0,
  PROP_PRESET,
  PROP_GENERATOR_MODEL,
  PROP_DISCRIMINATOR_MODEL,
  PROP_CHECKPOINT,
  PROP_RESUME,
  PROP_LOG_DIR,
  PROP_EPOCHS,
  PROP_EPOCH_SAMPLES,
  PROP_MAX_STEPS,
  PROP_BATCH_SIZE,
  PROP_OPTIMIZER,
  PROP_LEARNING_RATE,
  PROP_BETA1,
  PROP_BETA2,
  PROP_WEIGHT_DECAY,
  PROP_LOSS,
  PROP_LABEL_SMOOTHING,
  PROP_DROPOUT,
  PROP_LATENT_SIZE,
  PROP_EMA,
  PROP_SEED,
  PROP_THREADS,
  PROP_CHECKPOINT_INTERVAL,
  PROP_PREVIEW_INTERVAL,
  PROP_PREVIEW_COLUMNS,
  PROP_PREVIEW_ROWS,
  PROP_SILENT,
};

#define DEFAULT_PRESET "mlp"
#define DEFAULT_CHECKPOINT "checkpoint"
#define DEFAULT_RESUME FALSE
#define DEFAULT_EPOCHS 0
#define DEFAULT_EPOCH_SAMPLES 0
#define DEFAULT_MAX_STEPS 0
#define DEFAULT_BATCH_SIZE 128
#define DEFAULT_OPTIMIZER "adam"
#define DEFAULT_LEARNING_RATE 2e-4
#define DEFAULT_BETA1 0.5
#define DEFAULT_BETA2 0.999
#define DEFAULT_WEIGHT_DECAY 0.0
#define DEFAULT_LOSS "non-saturating"
#define DEFAULT_LABEL_SMOOTHING 0.0
#define DEFAULT_DROPOUT 0.0
#define DEFAULT_LATENT_SIZE 100
#define DEFAULT_EMA 0.0
#define DEFAULT_SEED 0
#define DEFAULT_THREADS 0
#define DEFAULT_CHECKPOINT_INTERVAL 1000
#define DEFAULT_PREVIEW_INTERVAL 50
#define DEFAULT_PREVIEW_COLUMNS 8
#define DEFAULT_PREVIEW_ROWS 8
#define DEFAULT_SILENT FALSE

#define PICTURE_CAPS                                                                               \
  "video/x-raw, format = (string) { GRAY8, RGB }, width = (int) [ 1, 4096 ], "                     \
  "height = (int) [ 1, 4096 ], framerate = (fraction) [ 0, max ]"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (PICTURE_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (PICTURE_CAPS));

G_DEFINE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (gantrainer, "gantrainer", GST_RANK_NONE, GST_TYPE_GAN_TRAINER)

/* --- properties --- */

static void
gst_gan_trainer_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstGanTrainer *self = GST_GAN_TRAINER (object);
  GenTrainerSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_PRESET:
    g_free (self->preset);
    self->preset = g_value_dup_string (value);
    break;
  case PROP_GENERATOR_MODEL:
    g_free (self->generator_model);
    self->generator_model = g_value_dup_string (value);
    break;
  case PROP_DISCRIMINATOR_MODEL:
    g_free (self->discriminator_model);
    self->discriminator_model = g_value_dup_string (value);
    break;
  case PROP_CHECKPOINT:
    g_free (self->checkpoint);
    self->checkpoint = g_value_dup_string (value);
    break;
  case PROP_LOG_DIR:
    g_free (self->log_dir);
    self->log_dir = g_value_dup_string (value);
    break;
  case PROP_RESUME:
    self->resume = g_value_get_boolean (value);
    break;
  case PROP_EPOCHS:
    self->epochs = g_value_get_uint64 (value);
    break;
  case PROP_EPOCH_SAMPLES:
    self->epoch_samples = g_value_get_uint64 (value);
    break;
  case PROP_MAX_STEPS:
    self->max_steps = g_value_get_uint64 (value);
    break;
  case PROP_BATCH_SIZE:
    settings->batch_size = g_value_get_int (value);
    break;
  case PROP_OPTIMIZER:
    g_free (self->optimizer);
    self->optimizer = g_value_dup_string (value);
    break;
  case PROP_LEARNING_RATE:
    settings->learning_rate = g_value_get_double (value);
    break;
  case PROP_BETA1:
    settings->optimizer_settings.beta1 = g_value_get_double (value);
    break;
  case PROP_BETA2:
    settings->optimizer_settings.beta2 = g_value_get_double (value);
    break;
  case PROP_WEIGHT_DECAY:
    settings->optimizer_settings.weight_decay = g_value_get_double (value);
    break;
  case PROP_LOSS:
    g_free (self->loss);
    self->loss = g_value_dup_string (value);
    break;
  case PROP_LABEL_SMOOTHING:
    settings->label_smoothing = g_value_get_double (value);
    break;
  case PROP_DROPOUT:
    self->options.dropout = g_value_get_double (value);
    break;
  case PROP_LATENT_SIZE:
    self->options.latent_size = g_value_get_int (value);
    break;
  case PROP_EMA:
    settings->ema = g_value_get_double (value);
    break;
  case PROP_SEED:
    settings->seed = g_value_get_uint64 (value);
    break;
  case PROP_THREADS:
    settings->threads = g_value_get_int (value);
    break;
  case PROP_CHECKPOINT_INTERVAL:
    self->checkpoint_interval = g_value_get_uint64 (value);
    break;
  case PROP_PREVIEW_INTERVAL:
    self->preview_interval = g_value_get_uint64 (value);
    break;
  case PROP_PREVIEW_COLUMNS:
    self->preview_columns = g_value_get_int (value);
    break;
  case PROP_PREVIEW_ROWS:
    self->preview_rows = g_value_get_int (value);
    break;
  case PROP_SILENT:
    self->silent = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_gan_trainer_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstGanTrainer *self = GST_GAN_TRAINER (object);
  const GenTrainerSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_PRESET:
    g_value_set_string (value, self->preset);
    break;
  case PROP_GENERATOR_MODEL:
    g_value_set_string (value, self->generator_model);
    break;
  case PROP_DISCRIMINATOR_MODEL:
    g_value_set_string (value, self->discriminator_model);
    break;
  case PROP_CHECKPOINT:
    g_value_set_string (value, self->checkpoint);
    break;
  case PROP_LOG_DIR:
    g_value_set_string (value, self->log_dir);
    break;
  case PROP_RESUME:
    g_value_set_boolean (value, self->resume);
    break;
  case PROP_EPOCHS:
    g_value_set_uint64 (value, self->epochs);
    break;
  case PROP_EPOCH_SAMPLES:
    g_value_set_uint64 (value, self->epoch_samples);
    break;
  case PROP_MAX_STEPS:
    g_value_set_uint64 (value, self->max_steps);
    break;
  case PROP_BATCH_SIZE:
    g_value_set_int (value, settings->batch_size);
    break;
  case PROP_OPTIMIZER:
    g_value_set_string (value, self->optimizer);
    break;
  case PROP_LEARNING_RATE:
    g_value_set_double (value, settings->learning_rate);
    break;
  case PROP_BETA1:
    g_value_set_double (value, settings->optimizer_settings.beta1);
    break;
  case PROP_BETA2:
    g_value_set_double (value, settings->optimizer_settings.beta2);
    break;
  case PROP_WEIGHT_DECAY:
    g_value_set_double (value, settings->optimizer_settings.weight_decay);
    break;
  case PROP_LOSS:
    g_value_set_string (value, self->loss);
    break;
  case PROP_LABEL_SMOOTHING:
    g_value_set_double (value, settings->label_smoothing);
    break;
  case PROP_DROPOUT:
    g_value_set_double (value, self->options.dropout);
    break;
  case PROP_LATENT_SIZE:
    g_value_set_int (value, self->options.latent_size);
    break;
  case PROP_EMA:
    g_value_set_double (value, settings->ema);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, settings->seed);
    break;
  case PROP_THREADS:
    g_value_set_int (value, settings->threads);
    break;
  case PROP_CHECKPOINT_INTERVAL:
    g_value_set_uint64 (value, self->checkpoint_interval);
    break;
  case PROP_PREVIEW_INTERVAL:
    g_value_set_uint64 (value, self->preview_interval);
    break;
  case PROP_PREVIEW_COLUMNS:
    g_value_set_int (value, self->preview_columns);
    break;
  case PROP_PREVIEW_ROWS:
    g_value_set_int (value, self->preview_rows);
    break;
  case PROP_SILENT:
    g_value_set_boolean (value, self->silent);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_gan_trainer_finalize (GObject *object)
{
  GstGanTrainer *self = GST_GAN_TRAINER (object);

  g_free (self->preset);
  g_free (self->generator_model);
  g_free (self->discriminator_model);
  g_free (self->checkpoint);
  g_free (self->optimizer);
  g_free (self->loss);
  g_free (self->log_dir);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (gst_gan_trainer_parent_class)->finalize (object);
}

/* --- the nets --- */

/* Names to descriptors. */
static gboolean
gst_gan_trainer_check (GstGanTrainer *self)
{
  g_autoptr (GError) error = NULL;

  self->settings.optimizer = gen_optimizer_find (self->optimizer);
  self->settings.loss = gen_loss_find (self->loss);
  if (self->settings.optimizer == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("optimizer: there is no '%s'; there are adam, adamw, rmsprop and sgd", self->optimizer),
        (NULL));
    return FALSE;
  }
  if (self->settings.loss == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("loss: there is no '%s'; there are minimax, non-saturating, hinge and least-squares",
            self->loss),
        (NULL));
    return FALSE;
  }
  if ((self->generator_model == NULL) != (self->discriminator_model == NULL)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("generator-model and discriminator-model must both be set, or neither"), (NULL));
    return FALSE;
  }
  if (self->generator_model == NULL && gen_preset_find (self->preset) == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("preset: there is no '%s'; there are mlp and dcgan", self->preset), (NULL));
    return FALSE;
  }
  if (self->checkpoint == NULL || *self->checkpoint == '\0') {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("checkpoint: a folder must be named"), (NULL));
    return FALSE;
  }
  if (!gen_trainer_settings_check (&self->settings, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (!gen_checkpoint_check (self->checkpoint, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("checkpoint: %s", error->message), (NULL));
    return FALSE;
  }
  if (self->resume && !gen_checkpoint_exists (self->checkpoint)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("resume: the folder '%s' has no " GEN_CHECKPOINT_STATE " to go on from", self->checkpoint),
        (NULL));
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
  preset = gen_preset_find (self->preset);
  options.width = GST_VIDEO_INFO_WIDTH (&self->info);
  options.height = GST_VIDEO_INFO_HEIGHT (&self->info);
  options.channels = GST_VIDEO_INFO_N_COMPONENTS (&self->info);
  options.seed = self->settings.seed;
  *generator = preset->generator (&options, error);
  *discriminator = *generator != NULL ? preset->discriminator (&options, error) : NULL;
  return *discriminator != NULL;
}

static gboolean
gst_gan_trainer_open (GstGanTrainer *self, GError **error)
{
  g_autoptr (GenGraph) generator = NULL, discriminator = NULL;
  const GenShape *shape;
  float low, high;

  if (!gst_gan_trainer_make_nets (self, &generator, &discriminator, error))
    return FALSE;
  self->trainer = gen_trainer_new (generator, discriminator, &self->settings, error);
  if (self->trainer == NULL)
    return FALSE;
  shape = gen_trainer_picture_shape (self->trainer);
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
  self->skip = 0;
  if (self->resume && !gen_checkpoint_load (self->trainer, self->checkpoint, &self->skip, error))
    return FALSE;
  self->samples = self->skip;
  gen_trainer_range (self->trainer, &low, &high);
  for (int i = 0; i < 256; i++)
    self->numbers[i] = low + (high - low) * i / 255;
  self->low = low;
  self->high = high;
  self->batch_floats = gen_trainer_picture_size (self->trainer) * self->settings.batch_size;
  for (int i = 0; i < GST_GAN_TRAINER_BATCHES; i++)
    self->batches[i] = g_new (float, self->batch_floats);
  return TRUE;
}

static void
gst_gan_trainer_close (GstGanTrainer *self)
{
  g_clear_pointer (&self->trainer, gen_trainer_free);
  for (int i = 0; i < GST_GAN_TRAINER_BATCHES; i++)
    g_clear_pointer (&self->batches[i], g_free);
  gst_gan_trainer_preview_clear (self);
}

/* --- the sink pad --- */

static GstCaps *
gst_gan_trainer_sink_caps (GstGanTrainer *self)
{
  static const int sizes[] = { 28, 32, 64 };
  GstCaps *caps = gst_pad_get_pad_template_caps (self->sink);

  if (self->generator_model != NULL || g_strcmp0 (self->preset, "dcgan") != 0)
    return caps;
  caps = gst_caps_make_writable (caps);
  for (guint i = 1; i < G_N_ELEMENTS (sizes); i++)
    gst_caps_append_structure (caps, gst_structure_copy (gst_caps_get_structure (caps, 0)));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    gst_structure_set (gst_caps_get_structure (caps, i), "width", G_TYPE_INT, sizes[i], "height",
        G_TYPE_INT, sizes[i], NULL);
  return caps;
}

static gboolean
gst_gan_trainer_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    g_autoptr (GstCaps) caps = gst_gan_trainer_sink_caps (self);
    GstCaps *filter;

    gst_query_parse_caps (query, &filter);
    if (filter != NULL) {
      g_autoptr (GstCaps) both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);

      gst_query_set_caps_result (query, both);
      return TRUE;
    }
    gst_query_set_caps_result (query, caps);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
gst_gan_trainer_set_caps (GstGanTrainer *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  if (self->trainer != NULL) {
    if (info.width == self->info.width && info.height == self->info.height &&
        GST_VIDEO_INFO_FORMAT (&info) == GST_VIDEO_INFO_FORMAT (&self->info)) {
      self->info = info;
      return TRUE;
    }
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("the size and format of the pictures cannot change while training runs"), (NULL));
    return FALSE;
  }
  self->info = info;
  if (!gst_gan_trainer_open (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s", error->message), (NULL));
    gst_gan_trainer_close (self);
    return FALSE;
  }
  gst_gan_trainer_start_training (self);
  return TRUE;
}

/* Pictures that training does not have yet are thrown away. */
static void
gst_gan_trainer_empty_queue (GstGanTrainer *self)
{
  self->write = self->read + (self->busy ? 1 : 0);
  self->slot = 0;
}

static void
gst_gan_trainer_dataset (GstGanTrainer *self, const GstStructure *structure)
{
  guint length;

  if (gst_structure_has_name (structure, "generative-dataset") &&
      gst_structure_get_uint (structure, "length", &length)) {
    g_mutex_lock (&self->mutex);
    self->dataset_length = length;
    g_mutex_unlock (&self->mutex);
  }
}

static gboolean
gst_gan_trainer_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    handled = gst_gan_trainer_set_caps (self, caps);
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    gst_gan_trainer_dataset (self, gst_event_get_structure (event));
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
    gst_gan_trainer_empty_queue (self);
    g_mutex_unlock (&self->mutex);
    break;
  case GST_EVENT_EOS:
    g_mutex_lock (&self->mutex);
    self->data_ended = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
    if (self->trainer == NULL)
      GST_ELEMENT_ERROR (
          self, STREAM, WRONG_TYPE, ("the data ended before any picture came"), (NULL));
    break;
  default:
    break; /* segments and tags of the data say nothing about the preview */
  }
  gst_event_unref (event);
  return handled;
}

/* The bytes of a frame as planes of numbers. */
static void
gst_gan_trainer_take (GstGanTrainer *self, const GstVideoFrame *frame, float *out)
{
  int width = GST_VIDEO_FRAME_WIDTH (frame), height = GST_VIDEO_FRAME_HEIGHT (frame);
  int channels = GST_VIDEO_FRAME_N_COMPONENTS (frame);

  for (int c = 0; c < channels; c++)
    for (int y = 0; y < height; y++) {
      const guint8 *row = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (frame, 0) +
                          y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) + c;

      for (int x = 0; x < width; x++)
        *out++ = self->numbers[row[x * channels]];
    }
}

/* Wait until the batch being filled has a place. Under the mutex. */
static GstFlowReturn
gst_gan_trainer_wait_for_place (GstGanTrainer *self)
{
  while (!self->flushing && self->flow == GST_FLOW_OK &&
         self->write - self->read >= GST_GAN_TRAINER_BATCHES)
    g_cond_wait (&self->cond, &self->mutex);
  return self->flushing ? GST_FLOW_FLUSHING : self->flow;
}

static GstFlowReturn
gst_gan_trainer_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GstVideoFrame frame;
  GstFlowReturn flow = GST_FLOW_OK;
  float *batch;

  if (self->trainer == NULL) {
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  /* What an earlier run has seen already. */
  if (self->skip > 0) {
    self->skip--;
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  g_mutex_lock (&self->mutex);
  flow = gst_gan_trainer_wait_for_place (self);
  batch = self->batches[self->write % GST_GAN_TRAINER_BATCHES];
  g_mutex_unlock (&self->mutex);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return flow;
  }
  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("a buffer is smaller than its caps say"), (NULL));
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  gst_gan_trainer_take (
      self, &frame, batch + self->slot * (self->batch_floats / self->settings.batch_size));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  if (++self->slot == (guint)self->settings.batch_size) {
    g_mutex_lock (&self->mutex);
    self->slot = 0;
    self->write++;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
  }
  return GST_FLOW_OK;
}

/* --- states --- */

static void
gst_gan_trainer_start (GstGanTrainer *self)
{
  self->read = self->write = 0;
  self->slot = 0;
  self->busy = self->stopping = self->flushing = self->data_ended = FALSE;
  self->flow = GST_FLOW_OK;
  self->dataset_length = 0;
  self->ended = FALSE;
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

static GstStateChangeReturn
gst_gan_trainer_change_state (GstElement *element, GstStateChange transition)
{
  GstGanTrainer *self = GST_GAN_TRAINER (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!gst_gan_trainer_check (self))
      return GST_STATE_CHANGE_FAILURE;
    gst_gan_trainer_start (self);
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_gan_trainer_set_stopping (self);

  result = GST_ELEMENT_CLASS (gst_gan_trainer_parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_gan_trainer_stop_training (self);
    gst_gan_trainer_close (self);
  }
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

static void
gst_gan_trainer_class_init (GstGanTrainerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (gan_trainer_debug, "gantrainer", 0, "GAN trainer");

  object_class->set_property = gst_gan_trainer_set_property;
  object_class->get_property = gst_gan_trainer_get_property;
  object_class->finalize = gst_gan_trainer_finalize;

  g_object_class_install_property (object_class, PROP_PRESET,
      g_param_spec_string ("preset", "Preset",
          "Nets to train from scratch: mlp (dense, any size to 256x256) or dcgan (convolutional, "
          "28x28, 32x32 or 64x64)",
          DEFAULT_PRESET, flags));
  g_object_class_install_property (object_class, PROP_GENERATOR_MODEL,
      g_param_spec_string ("generator-model", "Generator model",
          "ONNX model to train instead of the preset's, from latents to pictures", NULL, flags));
  g_object_class_install_property (object_class, PROP_DISCRIMINATOR_MODEL,
      g_param_spec_string ("discriminator-model", "Discriminator model",
          "ONNX model to train instead of the preset's, from pictures to one score", NULL, flags));
  g_object_class_install_property (object_class, PROP_CHECKPOINT,
      g_param_spec_string ("checkpoint", "Checkpoint",
          "Folder for the trained models and the state to go on from", DEFAULT_CHECKPOINT, flags));
  g_object_class_install_property (object_class, PROP_RESUME,
      g_param_spec_boolean ("resume", "Resume",
          "Go on from the checkpoint; pictures that it has seen are passed over", DEFAULT_RESUME,
          flags));
  g_object_class_install_property (object_class, PROP_LOG_DIR,
      g_param_spec_string ("log-dir", "Log folder",
          "Folder for TensorBoard's event files (NULL = the folder logs in the checkpoint)", NULL,
          flags));
  g_object_class_install_property (object_class, PROP_EPOCHS,
      g_param_spec_uint64 ("epochs", "Epochs",
          "End after that many times through the dataset, whose size datasetsrc tells, or "
          "epoch-samples (0 = when the data ends)",
          0, G_MAXUINT32, DEFAULT_EPOCHS, flags));
  g_object_class_install_property (object_class, PROP_EPOCH_SAMPLES,
      g_param_spec_uint64 ("epoch-samples", "Epoch samples",
          "Pictures in an epoch (0 = as datasetsrc tells)", 0, G_MAXUINT32, DEFAULT_EPOCH_SAMPLES,
          flags));
  g_object_class_install_property (object_class, PROP_MAX_STEPS,
      g_param_spec_uint64 ("max-steps", "Max steps",
          "End after that many steps in all, those before a resume included (0 = no limit)", 0,
          G_MAXUINT64, DEFAULT_MAX_STEPS, flags));
  g_object_class_install_property (object_class, PROP_BATCH_SIZE,
      g_param_spec_int (
          "batch-size", "Batch size", "Pictures in a step", 1, 65536, DEFAULT_BATCH_SIZE, flags));
  g_object_class_install_property (object_class, PROP_OPTIMIZER,
      g_param_spec_string (
          "optimizer", "Optimizer", "adam, adamw, rmsprop or sgd", DEFAULT_OPTIMIZER, flags));
  g_object_class_install_property (object_class, PROP_LEARNING_RATE,
      g_param_spec_double ("learning-rate", "Learning rate", "How far a step goes", 0, G_MAXFLOAT,
          DEFAULT_LEARNING_RATE, flags));
  g_object_class_install_property (object_class, PROP_BETA1,
      g_param_spec_double ("beta1", "Beta 1", "Adam: decay of the mean of gradients; sgd: momentum",
          0, 1, DEFAULT_BETA1, flags));
  g_object_class_install_property (object_class, PROP_BETA2,
      g_param_spec_double ("beta2", "Beta 2",
          "Adam and rmsprop: decay of the mean of squared gradients", 0, 1, DEFAULT_BETA2, flags));
  g_object_class_install_property (object_class, PROP_WEIGHT_DECAY,
      g_param_spec_double ("weight-decay", "Weight decay", "Pull of the weights towards zero", 0,
          G_MAXFLOAT, DEFAULT_WEIGHT_DECAY, flags));
  g_object_class_install_property (object_class, PROP_LOSS,
      g_param_spec_string (
          "loss", "Loss", "minimax, non-saturating, hinge or least-squares", DEFAULT_LOSS, flags));
  g_object_class_install_property (object_class, PROP_LABEL_SMOOTHING,
      g_param_spec_double ("label-smoothing", "Label smoothing",
          "Real pictures are labelled 1 minus this, below 0.5", 0, 0.5, DEFAULT_LABEL_SMOOTHING,
          flags));
  g_object_class_install_property (object_class, PROP_DROPOUT,
      g_param_spec_double ("dropout", "Dropout",
          "Share of the discriminator's hidden values dropped in training (presets)", 0, 0.95,
          DEFAULT_DROPOUT, flags));
  g_object_class_install_property (object_class, PROP_LATENT_SIZE,
      g_param_spec_int ("latent-size", "Latent size", "Numbers in a latent (presets)", 1, 65536,
          DEFAULT_LATENT_SIZE, flags));
  g_object_class_install_property (object_class, PROP_EMA,
      g_param_spec_double ("ema", "EMA",
          "Decay of a moving average of the generator's weights, written to ema.onnx and shown in "
          "the preview (0 = none)",
          0, 1, DEFAULT_EMA, flags));
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Of the first weights, the latents and dropout", 0,
          G_MAXUINT64, DEFAULT_SEED, flags));
  g_object_class_install_property (object_class, PROP_THREADS,
      g_param_spec_int ("threads", "Threads", "To compute with (0 = as many as there are cores)", 0,
          256, DEFAULT_THREADS, flags));
  g_object_class_install_property (object_class, PROP_CHECKPOINT_INTERVAL,
      g_param_spec_uint64 ("checkpoint-interval", "Checkpoint interval",
          "Steps between checkpoints (0 = only at the end)", 0, G_MAXUINT64,
          DEFAULT_CHECKPOINT_INTERVAL, flags));
  g_object_class_install_property (object_class, PROP_PREVIEW_INTERVAL,
      g_param_spec_uint64 ("preview-interval", "Preview interval",
          "Steps between pictures on the src pad, at least", 1, G_MAXUINT64,
          DEFAULT_PREVIEW_INTERVAL, flags));
  g_object_class_install_property (object_class, PROP_PREVIEW_COLUMNS,
      g_param_spec_int ("preview-columns", "Preview columns", "Made pictures side by side", 1, 64,
          DEFAULT_PREVIEW_COLUMNS, flags));
  g_object_class_install_property (object_class, PROP_PREVIEW_ROWS,
      g_param_spec_int ("preview-rows", "Preview rows", "Made pictures one above the other", 1, 64,
          DEFAULT_PREVIEW_ROWS, flags));
  g_object_class_install_property (object_class, PROP_SILENT,
      g_param_spec_boolean (
          "silent", "Silent", "No progress on the standard error output", DEFAULT_SILENT, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "GAN trainer", "Filter/Video/Training",
      "Trains a generator and a discriminator on the pictures that flow in", "gst-generative");
  element_class->change_state = gst_gan_trainer_change_state;
}

static void
gst_gan_trainer_init (GstGanTrainer *self)
{
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, gst_gan_trainer_chain);
  gst_pad_set_event_function (self->sink, gst_gan_trainer_sink_event);
  gst_pad_set_query_function (self->sink, gst_gan_trainer_sink_query);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_activatemode_function (self->src, gst_gan_trainer_src_activate);
  gst_pad_use_fixed_caps (self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->preset = g_strdup (DEFAULT_PRESET);
  self->checkpoint = g_strdup (DEFAULT_CHECKPOINT);
  self->optimizer = g_strdup (DEFAULT_OPTIMIZER);
  self->loss = g_strdup (DEFAULT_LOSS);
  self->settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS };
  self->options = (GenPresetOptions){ GEN_PRESET_DEFAULTS };
  self->checkpoint_interval = DEFAULT_CHECKPOINT_INTERVAL;
  self->preview_interval = DEFAULT_PREVIEW_INTERVAL;
  self->preview_columns = DEFAULT_PREVIEW_COLUMNS;
  self->preview_rows = DEFAULT_PREVIEW_ROWS;
}
