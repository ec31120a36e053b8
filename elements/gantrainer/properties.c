/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer's properties: each is a field, and each is a setting that the checkpoint and the log
 * tell of. */
#include "../shared/choices.h"
#include "../shared/fields.h"
#include "gantrainer.h"
#include "../shared/settings.h"

enum {
  PROP_0,
  PROP_PRESET,
  PROP_GENERATOR_MODEL,
  PROP_DISCRIMINATOR_MODEL,
  PROP_CHECKPOINT,
  PROP_RESUME,
  PROP_OVERWRITE,
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
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_KERNELS,
  PROP_VALIDATION_INTERVAL,
  PROP_VALIDATION_SAMPLES,
  PROP_EARLY_STOPPING,
  PROP_CHECKPOINT_INTERVAL,
  PROP_LOG_INTERVAL,
  PROP_PREVIEW_INTERVAL,
  PROP_PREVIEW_COLUMNS,
  PROP_PREVIEW_ROWS,
  PROP_SILENT,
  N_PROPS,
};

#define DEFAULT_PRESET "mlp"
#define DEFAULT_CHECKPOINT "checkpoint"
#define DEFAULT_RESUME FALSE
#define DEFAULT_OVERWRITE FALSE
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
#define DEFAULT_DEVICE GST_GENERATIVE_DEVICE_AUTO
#define DEFAULT_PRECISION GST_GENERATIVE_PRECISION_AUTO
#define DEFAULT_KERNELS GEN_CHOICE_MEASURE
#define DEFAULT_VALIDATION_INTERVAL 500
#define DEFAULT_VALIDATION_SAMPLES 1000
#define DEFAULT_EARLY_STOPPING 0
#define DEFAULT_LOG_INTERVAL 250
#define DEFAULT_CHECKPOINT_INTERVAL 1000
#define DEFAULT_PREVIEW_INTERVAL 50
#define DEFAULT_PREVIEW_COLUMNS 8
#define DEFAULT_PREVIEW_ROWS 8
#define DEFAULT_SILENT FALSE

static const gsize offsets[N_PROPS] = {
  [PROP_PRESET] = G_STRUCT_OFFSET (GstGanTrainer, preset),
  [PROP_GENERATOR_MODEL] = G_STRUCT_OFFSET (GstGanTrainer, generator_model),
  [PROP_DISCRIMINATOR_MODEL] = G_STRUCT_OFFSET (GstGanTrainer, discriminator_model),
  [PROP_CHECKPOINT] = G_STRUCT_OFFSET (GstGanTrainer, checkpoint),
  [PROP_RESUME] = G_STRUCT_OFFSET (GstGanTrainer, resume),
  [PROP_OVERWRITE] = G_STRUCT_OFFSET (GstGanTrainer, overwrite),
  [PROP_LOG_DIR] = G_STRUCT_OFFSET (GstGanTrainer, log_dir),
  [PROP_EPOCHS] = G_STRUCT_OFFSET (GstGanTrainer, epochs),
  [PROP_EPOCH_SAMPLES] = G_STRUCT_OFFSET (GstGanTrainer, epoch_samples),
  [PROP_MAX_STEPS] = G_STRUCT_OFFSET (GstGanTrainer, max_steps),
  [PROP_BATCH_SIZE] = G_STRUCT_OFFSET (GstGanTrainer, settings.batch_size),
  [PROP_OPTIMIZER] = G_STRUCT_OFFSET (GstGanTrainer, optimizer),
  [PROP_LEARNING_RATE] = G_STRUCT_OFFSET (GstGanTrainer, settings.learning_rate),
  [PROP_BETA1] = G_STRUCT_OFFSET (GstGanTrainer, settings.optimizer_settings.beta1),
  [PROP_BETA2] = G_STRUCT_OFFSET (GstGanTrainer, settings.optimizer_settings.beta2),
  [PROP_WEIGHT_DECAY] = G_STRUCT_OFFSET (GstGanTrainer, settings.optimizer_settings.weight_decay),
  [PROP_LOSS] = G_STRUCT_OFFSET (GstGanTrainer, loss),
  [PROP_LABEL_SMOOTHING] = G_STRUCT_OFFSET (GstGanTrainer, settings.label_smoothing),
  [PROP_DROPOUT] = G_STRUCT_OFFSET (GstGanTrainer, options.dropout),
  [PROP_LATENT_SIZE] = G_STRUCT_OFFSET (GstGanTrainer, options.latent_size),
  [PROP_EMA] = G_STRUCT_OFFSET (GstGanTrainer, settings.ema),
  [PROP_SEED] = G_STRUCT_OFFSET (GstGanTrainer, settings.seed),
  [PROP_THREADS] = G_STRUCT_OFFSET (GstGanTrainer, settings.threads),
  [PROP_DEVICE] = G_STRUCT_OFFSET (GstGanTrainer, device),
  [PROP_PRECISION] = G_STRUCT_OFFSET (GstGanTrainer, precision),
  [PROP_KERNELS] = G_STRUCT_OFFSET (GstGanTrainer, settings.choice),
  [PROP_VALIDATION_INTERVAL] = G_STRUCT_OFFSET (GstGanTrainer, validation_interval),
  [PROP_VALIDATION_SAMPLES] = G_STRUCT_OFFSET (GstGanTrainer, validation_samples),
  [PROP_EARLY_STOPPING] = G_STRUCT_OFFSET (GstGanTrainer, early_stopping),
  [PROP_CHECKPOINT_INTERVAL] = G_STRUCT_OFFSET (GstGanTrainer, checkpoint_interval),
  [PROP_LOG_INTERVAL] = G_STRUCT_OFFSET (GstGanTrainer, log_interval),
  [PROP_PREVIEW_INTERVAL] = G_STRUCT_OFFSET (GstGanTrainer, preview_interval),
  [PROP_PREVIEW_COLUMNS] = G_STRUCT_OFFSET (GstGanTrainer, preview_columns),
  [PROP_PREVIEW_ROWS] = G_STRUCT_OFFSET (GstGanTrainer, preview_rows),
  [PROP_SILENT] = G_STRUCT_OFFSET (GstGanTrainer, silent),
};
static GParamSpec *specs[N_PROPS];

/* What is learned depends on them. */
static const gboolean of_learning[N_PROPS] = {
  [PROP_PRESET] = TRUE,
  [PROP_GENERATOR_MODEL] = TRUE,
  [PROP_DISCRIMINATOR_MODEL] = TRUE,
  [PROP_BATCH_SIZE] = TRUE,
  [PROP_OPTIMIZER] = TRUE,
  [PROP_LEARNING_RATE] = TRUE,
  [PROP_BETA1] = TRUE,
  [PROP_BETA2] = TRUE,
  [PROP_WEIGHT_DECAY] = TRUE,
  [PROP_LOSS] = TRUE,
  [PROP_LABEL_SMOOTHING] = TRUE,
  [PROP_DROPOUT] = TRUE,
  [PROP_LATENT_SIZE] = TRUE,
  [PROP_EMA] = TRUE,
  [PROP_SEED] = TRUE,
  [PROP_PRECISION] = TRUE,
};

static GType
preset_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerPreset", gen_preset_list);
}

static GType
optimizer_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerOptimizer", gen_optimizer_list);
}

static GType
loss_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerLoss", gen_loss_list);
}

/* A property that is one of a family of the library. */
static GParamSpec *
family_spec (const char *name, const char *nick, const char *blurb, GType type,
    const char *default_name, GParamFlags flags)
{
  return g_param_spec_enum (
      name, nick, blurb, type, gst_generative_choices_value (type, default_name), flags);
}

static void
gst_gan_trainer_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (object);
  gst_generative_field_set (G_STRUCT_MEMBER_P (object, offsets[property_id]), value);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_gan_trainer_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  gst_generative_field_get (G_STRUCT_MEMBER_P (object, offsets[property_id]), value);
  GST_OBJECT_UNLOCK (object);
}

void
gst_gan_trainer_init_properties (GstGanTrainer *self)
{
  self->settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS };
  self->options = (GenPresetOptions){ GEN_PRESET_DEFAULTS };
  for (guint i = PROP_0 + 1; i < N_PROPS; i++)
    gst_generative_field_set_default (G_STRUCT_MEMBER_P (self, offsets[i]), specs[i]);
}

void
gst_gan_trainer_clear_properties (GstGanTrainer *self)
{
  for (guint i = PROP_0 + 1; i < N_PROPS; i++)
    gst_generative_field_clear (G_STRUCT_MEMBER_P (self, offsets[i]), specs[i]);
}

GVariant *
gst_gan_trainer_describe_settings (GstGanTrainer *self, gboolean of_learning_only)
{
  g_auto (GVariantDict) settings = G_VARIANT_DICT_INIT (NULL);

  for (guint i = PROP_0 + 1; i < N_PROPS; i++) {
    GVariant *value = NULL;

    if (of_learning[i] || !of_learning_only)
      value = gst_generative_field_to_variant (G_STRUCT_MEMBER_P (self, offsets[i]), specs[i]);
    if (value != NULL)
      g_variant_dict_insert_value (&settings, specs[i]->name, value);
  }
  return g_variant_dict_end (&settings);
}

void
gst_gan_trainer_install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  object_class->set_property = gst_gan_trainer_set_property;
  object_class->get_property = gst_gan_trainer_get_property;

  specs[PROP_PRESET] = family_spec (
      "preset", "Preset", "Nets to train from scratch", preset_type (), DEFAULT_PRESET, flags);
  specs[PROP_GENERATOR_MODEL] = g_param_spec_string ("generator-model", "Generator model",
      "ONNX model to train, from latents to pictures (unset: the preset's)", NULL, flags);
  specs[PROP_DISCRIMINATOR_MODEL] =
      g_param_spec_string ("discriminator-model", "Discriminator model",
          "ONNX model to train, from pictures to one score (unset: the preset's)", NULL, flags);
  specs[PROP_CHECKPOINT] = g_param_spec_string ("checkpoint", "Checkpoint",
      "Folder for the trained models and the state to go on from", DEFAULT_CHECKPOINT, flags);
  specs[PROP_RESUME] = g_param_spec_boolean ("resume", "Resume",
      "Go on from the checkpoint; pictures that it has seen are passed over", DEFAULT_RESUME,
      flags);
  specs[PROP_OVERWRITE] = g_param_spec_boolean ("overwrite", "Overwrite",
      "Begin anew where the folder has trained models, and replace them with the first checkpoint",
      DEFAULT_OVERWRITE, flags);
  specs[PROP_LOG_DIR] = g_param_spec_string ("log-dir", "Log folder",
      "Folder for TensorBoard's event files, in which each training has one of its own, run-1 and "
      "so on (unset: the folder logs in the checkpoint)",
      NULL, flags);
  specs[PROP_EPOCHS] = g_param_spec_uint64 ("epochs", "Epochs",
      "End after that many times through the dataset, whose size datasetsrc tells, or "
      "epoch-samples (0 = when the data ends)",
      0, G_MAXUINT32, DEFAULT_EPOCHS, flags);
  specs[PROP_EPOCH_SAMPLES] = g_param_spec_uint64 ("epoch-samples", "Epoch samples",
      "Pictures in an epoch (0 = as datasetsrc tells)", 0, G_MAXUINT32, DEFAULT_EPOCH_SAMPLES,
      flags);
  specs[PROP_MAX_STEPS] = g_param_spec_uint64 ("max-steps", "Max steps",
      "End after that many steps in all, those before a resume included (0 = no limit)", 0,
      G_MAXUINT64, DEFAULT_MAX_STEPS, flags);
  specs[PROP_BATCH_SIZE] = g_param_spec_int (
      "batch-size", "Batch size", "Pictures in a step", 1, 65536, DEFAULT_BATCH_SIZE, flags);
  specs[PROP_OPTIMIZER] = family_spec ("optimizer", "Optimizer",
      "The rule by which a gradient changes weights", optimizer_type (), DEFAULT_OPTIMIZER, flags);
  specs[PROP_LEARNING_RATE] = g_param_spec_double ("learning-rate", "Learning rate",
      "How far a step goes: what a gradient, as the optimizer scales it, is multiplied by", 0,
      G_MAXFLOAT, DEFAULT_LEARNING_RATE, flags);
  specs[PROP_BETA1] = g_param_spec_double ("beta1", "Beta 1",
      "Decay of the mean of gradients by a step, below 1 (adam, adamw); momentum (sgd)", 0, 1,
      DEFAULT_BETA1, flags);
  specs[PROP_BETA2] = g_param_spec_double ("beta2", "Beta 2",
      "Decay of the mean of squared gradients by a step, below 1 (adam, adamw, rmsprop)", 0, 1,
      DEFAULT_BETA2, flags);
  specs[PROP_WEIGHT_DECAY] = g_param_spec_double ("weight-decay", "Weight decay",
      "Pull of the weights towards zero: the share of them that is added to each gradient, with "
      "adamw to each step (0 = none)",
      0, G_MAXFLOAT, DEFAULT_WEIGHT_DECAY, flags);
  specs[PROP_LOSS] =
      family_spec ("loss", "Loss", "What the two nets minimise", loss_type (), DEFAULT_LOSS, flags);
  specs[PROP_LABEL_SMOOTHING] = g_param_spec_double ("label-smoothing", "Label smoothing",
      "Real pictures are labelled 1 minus this, below 0.5 (0 = not smoothed)", 0, 0.5,
      DEFAULT_LABEL_SMOOTHING, flags);
  specs[PROP_DROPOUT] = g_param_spec_double ("dropout", "Dropout",
      "Share of the discriminator's hidden values dropped in training, where a preset makes it (0 "
      "= "
      "none)",
      0, 0.95, DEFAULT_DROPOUT, flags);
  specs[PROP_LATENT_SIZE] = g_param_spec_int ("latent-size", "Latent size",
      "Numbers in a latent, where a preset makes the nets", 1, 65536, DEFAULT_LATENT_SIZE, flags);
  specs[PROP_EMA] = g_param_spec_double ("ema", "EMA",
      "Decay of a moving average of the generator's weights, written to ema.onnx and shown in "
      "the preview (0 = none)",
      0, 1, DEFAULT_EMA, flags);
  specs[PROP_SEED] = g_param_spec_uint64 ("seed", "Seed",
      "Same seed, same first weights, latents and dropout", 0, G_MAXUINT64, DEFAULT_SEED, flags);
  specs[PROP_THREADS] = g_param_spec_int ("threads", "Threads",
      "How many threads to use (0 = one for each core)", 0, 256, DEFAULT_THREADS, flags);
  specs[PROP_DEVICE] = g_param_spec_enum ("device", "Device", "Where the nets are trained",
      GST_TYPE_GENERATIVE_DEVICE, DEFAULT_DEVICE, flags);
  specs[PROP_PRECISION] = g_param_spec_enum ("precision", "Precision",
      "How exact products are: auto takes tf32, which is faster on some processors; bf16 and fp16 "
      "are for GPUs, fp16 with scaled losses",
      GST_TYPE_GENERATIVE_PRECISION, DEFAULT_PRECISION, flags);
  specs[PROP_KERNELS] = g_param_spec_enum ("kernels", "Kernels",
      "How the kernels of layers are chosen on a GPU: measuring takes some seconds when nets are "
      "first trained there, and is remembered; with the same choices, training that goes on is the "
      "same bit for bit. On the CPU rules choose",
      GST_TYPE_GENERATIVE_KERNELS, DEFAULT_KERNELS, flags);
  specs[PROP_VALIDATION_INTERVAL] = g_param_spec_uint64 ("validation-interval",
      "Validation interval", "Steps between measurements on the pictures of the validation pad", 1,
      G_MAXUINT64, DEFAULT_VALIDATION_INTERVAL, flags);
  specs[PROP_VALIDATION_SAMPLES] = g_param_spec_uint ("validation-samples", "Validation samples",
      "Pictures that are kept of the validation pad's, at most", 2, 65536,
      DEFAULT_VALIDATION_SAMPLES, flags);
  specs[PROP_EARLY_STOPPING] = g_param_spec_uint ("early-stopping", "Early stopping",
      "End after that many validations in a row without a lower Frechet distance (0 = never)", 0,
      G_MAXUINT, DEFAULT_EARLY_STOPPING, flags);
  specs[PROP_CHECKPOINT_INTERVAL] = g_param_spec_uint64 ("checkpoint-interval",
      "Checkpoint interval",
      "Steps between checkpoints, though never more than ten minutes; the best validation and the "
      "end have theirs in any case (0 = only these)",
      0, G_MAXUINT64, DEFAULT_CHECKPOINT_INTERVAL, flags);
  specs[PROP_LOG_INTERVAL] = g_param_spec_uint64 ("log-interval", "Log interval",
      "Steps between pictures and histograms of weights in the log (0 = none)", 0, G_MAXUINT64,
      DEFAULT_LOG_INTERVAL, flags);
  specs[PROP_PREVIEW_INTERVAL] = g_param_spec_uint64 ("preview-interval", "Preview interval",
      "Steps between walls of pictures on the src pad, at least; the first comes before the first "
      "step",
      1, G_MAXUINT64, DEFAULT_PREVIEW_INTERVAL, flags);
  specs[PROP_PREVIEW_COLUMNS] = g_param_spec_int ("preview-columns", "Preview columns",
      "Made pictures side by side in the wall on the src pad", 1, 64, DEFAULT_PREVIEW_COLUMNS,
      flags);
  specs[PROP_PREVIEW_ROWS] = g_param_spec_int ("preview-rows", "Preview rows",
      "Made pictures one above the other in the wall on the src pad", 1, 64, DEFAULT_PREVIEW_ROWS,
      flags);
  specs[PROP_SILENT] = g_param_spec_boolean (
      "silent", "Silent", "No progress on the standard error output", DEFAULT_SILENT, flags);
  g_object_class_install_properties (object_class, N_PROPS, specs);
}
