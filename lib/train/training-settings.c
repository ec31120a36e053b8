/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what can be said of a training. */
#include <generative/training-settings.h>

#include <math.h>

static const char *const device_names[] = { "auto", "cpu", "cuda", NULL };
static const char *const precision_names[] = { "auto", "fp32", "tf32", "bf16", "fp16", NULL };
static const char *const kernels_names[] = { [GEN_CHOICE_RULES] = "rules",
  [GEN_CHOICE_REMEMBERED] = "remembered",
  [GEN_CHOICE_MEASURE] = "measured",
  NULL };

/* Members of families begin with their names. */
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenPreset, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenOptimizer, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenLoss, name) == 0);

static gconstpointer
find_preset (const char *name, GError **error)
{
  return gen_preset_find (name, error);
}

static gconstpointer
find_optimizer (const char *name, GError **error)
{
  return gen_optimizer_find (name, error);
}

static gconstpointer
find_loss (const char *name, GError **error)
{
  return gen_loss_find (name, error);
}

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainingSettings, field)

/* Numbers have their defaults in gen_training_settings_init. */
static const GenSetting list[] = {
  { .name = "preset",
      .nick = "Preset",
      .description = "Nets to train from scratch",
      .type = GEN_SETTING_FAMILY,
      FIELD (preset),
      .find = find_preset,
      .of_learning = TRUE },
  { .name = "generator-model",
      .nick = "Generator model",
      .description =
          "ONNX model to train, from latents to pictures or sounds (unset: the preset's)",
      .type = GEN_SETTING_TEXT,
      FIELD (generator_model),
      .of_learning = TRUE },
  { .name = "discriminator-model",
      .nick = "Discriminator model",
      .description =
          "ONNX model to train, from pictures or sounds to one score (unset: the preset's)",
      .type = GEN_SETTING_TEXT,
      FIELD (discriminator_model),
      .of_learning = TRUE },
  { .name = "checkpoint",
      .nick = "Checkpoint",
      .description = "Folder for the trained models and the state to go on from",
      .type = GEN_SETTING_TEXT,
      FIELD (checkpoint) },
  { .name = "resume",
      .nick = "Resume",
      .description = "Go on from the checkpoint; samples that it has seen are passed over",
      .type = GEN_SETTING_FLAG,
      FIELD (resume) },
  { .name = "overwrite",
      .nick = "Overwrite",
      .description = "Begin anew where the folder has trained models, and replace them with the "
                     "first checkpoint",
      .type = GEN_SETTING_FLAG,
      FIELD (overwrite) },
  { .name = "log-dir",
      .nick = "Log folder",
      .description = "Folder for TensorBoard's event files, in which each training has one of its "
                     "own, run-1 and so on (unset: the folder logs in the checkpoint)",
      .type = GEN_SETTING_TEXT,
      FIELD (log_dir) },
  { .name = "epochs",
      .nick = "Epochs",
      .description = "End after that many times through the dataset, whose size datasetsrc tells, "
                     "or epoch-samples (0 = when the data ends)",
      .type = GEN_SETTING_UINT64,
      FIELD (epochs),
      .minimum = 0,
      .maximum = G_MAXUINT32 },
  { .name = "epoch-samples",
      .nick = "Epoch samples",
      .description = "Samples in an epoch (0 = as datasetsrc tells)",
      .type = GEN_SETTING_UINT64,
      FIELD (epoch_samples),
      .minimum = 0,
      .maximum = G_MAXUINT32 },
  { .name = "max-steps",
      .nick = "Max steps",
      .description =
          "End after that many steps in all, those before a resume included (0 = no limit)",
      .type = GEN_SETTING_UINT64,
      FIELD (max_steps),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "batch-size",
      .nick = "Batch size",
      .description = "Samples in a step",
      .type = GEN_SETTING_INT,
      FIELD (trainer.batch_size),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "optimizer",
      .nick = "Optimizer",
      .description = "The rule by which a gradient changes weights",
      .type = GEN_SETTING_FAMILY,
      FIELD (trainer.optimizer),
      .find = find_optimizer,
      .of_learning = TRUE },
  { .name = "learning-rate",
      .nick = "Learning rate",
      .description =
          "How far a step goes: what a gradient, as the optimizer scales it, is multiplied by",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.learning_rate),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "generator-rate",
      .nick = "Generator rate",
      .description = "The generator's learning rate as a share of learning-rate: below 1 the "
                     "discriminator learns faster, above 1 slower",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.generator_rate),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "beta1",
      .nick = "Beta 1",
      .description =
          "Decay of the mean of gradients by a step, below 1 (adam, adamw); momentum (sgd)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.optimizer_settings.beta1),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "beta2",
      .nick = "Beta 2",
      .description =
          "Decay of the mean of squared gradients by a step, below 1 (adam, adamw, rmsprop)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.optimizer_settings.beta2),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "weight-decay",
      .nick = "Weight decay",
      .description = "Pull of the weights towards zero: the share of them that is added to each "
                     "gradient, with adamw to each step (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.optimizer_settings.weight_decay),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "loss",
      .nick = "Loss",
      .description = "What the two nets minimise",
      .type = GEN_SETTING_FAMILY,
      FIELD (trainer.loss),
      .find = find_loss,
      .of_learning = TRUE },
  { .name = "r1",
      .nick = "R1",
      .description = "Weight of the penalty on the discriminator's gradient on real samples, which "
                     "keeps it from being too sure (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.r1),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "r2",
      .nick = "R2",
      .description = "The same on made samples (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.r2),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "label-smoothing",
      .nick = "Label smoothing",
      .description = "Real samples are labelled 1 minus this, below 0.5 (0 = not smoothed)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.label_smoothing),
      .minimum = 0,
      .maximum = 0.5,
      .of_learning = TRUE },
  { .name = "dropout",
      .nick = "Dropout",
      .description = "Share of the discriminator's hidden values dropped in training, where a "
                     "preset makes it (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (options.dropout),
      .minimum = 0,
      .maximum = 0.95,
      .of_learning = TRUE },
  { .name = "latent-size",
      .nick = "Latent size",
      .description = "Numbers in a latent, where a preset makes the nets",
      .type = GEN_SETTING_INT,
      FIELD (options.latent_size),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "width",
      .nick = "Width",
      .description = "Channels beside the sample, which layers further from it have multiples of, "
                     "where a preset makes convolutional nets (0 = 64 in dcgan, 16 in wavegan)",
      .type = GEN_SETTING_INT,
      FIELD (options.width),
      .minimum = 0,
      .maximum = 1024,
      .of_learning = TRUE },
  { .name = "length",
      .nick = "Length",
      .description = "Frames in a sound, where a preset makes nets for sounds: 4096, 8192 or 16384 "
                     "with wavegan (0 = the shortest)",
      .type = GEN_SETTING_INT,
      FIELD (length),
      .minimum = 0,
      .maximum = G_MAXINT,
      .of_learning = TRUE },
  { .name = "ema",
      .nick = "EMA",
      .description = "Decay of a moving average of the generator's weights, written to ema.onnx "
                     "and shown in the preview (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.ema),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "seed",
      .nick = "Seed",
      .description = "Same seed, same first weights, latents and dropout",
      .type = GEN_SETTING_UINT64,
      FIELD (trainer.seed),
      .minimum = 0,
      .maximum = INFINITY,
      .of_learning = TRUE },
  { .name = "threads",
      .nick = "Threads",
      .description = "How many threads to use (0 = one for each core)",
      .type = GEN_SETTING_INT,
      FIELD (trainer.threads),
      .minimum = 0,
      .maximum = 256 },
  { .name = "device",
      .nick = "Device",
      .description = "Where the nets are trained",
      .type = GEN_SETTING_CHOICE,
      FIELD (device),
      .choices = device_names },
  { .name = "precision",
      .nick = "Precision",
      .description = "How exact products are: auto takes tf32, which is faster on some processors; "
                     "bf16 and fp16 are for GPUs, fp16 with scaled losses",
      .type = GEN_SETTING_CHOICE,
      FIELD (precision),
      .choices = precision_names,
      .of_learning = TRUE },
  { .name = "kernels",
      .nick = "Kernels",
      .description = "How the kernels of layers are chosen on a GPU: measuring takes some seconds "
                     "when nets are first trained there, and is remembered; with the same choices, "
                     "training that goes on is the same bit for bit. On the CPU rules choose",
      .type = GEN_SETTING_CHOICE,
      FIELD (trainer.choice),
      .choices = kernels_names },
  { .name = "validation-interval",
      .nick = "Validation interval",
      .description = "Steps between measurements on the samples of the validation pad",
      .type = GEN_SETTING_UINT64,
      FIELD (validation_interval),
      .minimum = 1,
      .maximum = INFINITY },
  { .name = "validation-samples",
      .nick = "Validation samples",
      .description = "Samples that are kept of the validation pad's, at most",
      .type = GEN_SETTING_UINT,
      FIELD (validation_samples),
      .minimum = 2,
      .maximum = 65536 },
  { .name = "early-stopping",
      .nick = "Early stopping",
      .description =
          "End after that many validations in a row without a lower Frechet distance (0 = never)",
      .type = GEN_SETTING_UINT,
      FIELD (early_stopping),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "checkpoint-interval",
      .nick = "Checkpoint interval",
      .description = "Steps between checkpoints, though never more than ten minutes; the best "
                     "validation and the end have theirs in any case (0 = only these)",
      .type = GEN_SETTING_UINT64,
      FIELD (checkpoint_interval),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "log-interval",
      .nick = "Log interval",
      .description =
          "Steps between pictures, sounds and histograms of weights in the log (0 = none)",
      .type = GEN_SETTING_UINT64,
      FIELD (log_interval),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "preview-interval",
      .nick = "Preview interval",
      .description = "Steps between walls of pictures on the src pad, at least; the first comes "
                     "before the first step",
      .type = GEN_SETTING_UINT64,
      FIELD (preview_interval),
      .minimum = 1,
      .maximum = INFINITY },
  { .name = "preview-columns",
      .nick = "Preview columns",
      .description = "Made samples side by side in the wall on the src pad",
      .type = GEN_SETTING_INT,
      FIELD (preview_columns),
      .minimum = 1,
      .maximum = 64 },
  { .name = "preview-rows",
      .nick = "Preview rows",
      .description = "Made samples one above the other in the wall on the src pad",
      .type = GEN_SETTING_INT,
      FIELD (preview_rows),
      .minimum = 1,
      .maximum = 64 },
  { .name = "silent",
      .nick = "Silent",
      .description = "No progress on the standard error output",
      .type = GEN_SETTING_FLAG,
      FIELD (silent) },
};

#undef FIELD

const GenSetting *
gen_training_setting_list (guint *n)
{
  *n = G_N_ELEMENTS (list);
  return list;
}

void
gen_training_settings_init (GenTrainingSettings *settings)
{
  *settings = (GenTrainingSettings){
    .preset = &gen_preset_mlp,
    .options = { GEN_PRESET_DEFAULTS },
    .trainer = { GEN_TRAINER_DEFAULTS },
    .checkpoint = g_strdup ("checkpoint"),
    .validation_interval = 500,
    .validation_samples = 1000,
    .checkpoint_interval = 1000,
    .log_interval = 250,
    .preview_interval = 50,
    .preview_columns = 8,
    .preview_rows = 8,
  };
  settings->trainer.choice = GEN_CHOICE_MEASURE;
}

void
gen_training_settings_clear (GenTrainingSettings *settings)
{
  gen_setting_clear_texts (settings, list, G_N_ELEMENTS (list));
}

void
gen_training_settings_copy (const GenTrainingSettings *settings, GenTrainingSettings *copy)
{
  *copy = *settings;
  gen_setting_copy_texts (copy, list, G_N_ELEMENTS (list));
}

GVariant *
gen_training_settings_describe (const GenTrainingSettings *settings, gboolean of_learning_only)
{
  g_auto (GVariantDict) described = G_VARIANT_DICT_INIT (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (list); i++) {
    GVariant *value = NULL;

    if (list[i].of_learning || !of_learning_only)
      value = gen_setting_get (settings, &list[i]);
    if (value != NULL)
      g_variant_dict_insert_value (&described, list[i].name, value);
  }
  return g_variant_dict_end (&described);
}

const char *
gen_training_settings_device (const GenTrainingSettings *settings)
{
  return device_names[settings->device];
}
