/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what can be said of a training. */
#include <generative/training-settings.h>

#include <math.h>
#include <string.h>

#include "replay.h"
#include "sample-memory.h"
#include "training-texts.h"

static const char *const device_names[] = { "auto", "cpu", "cuda", NULL };
static const char *const precision_names[] = { "auto", "fp32", "tf32", "bf16", "fp16", NULL };
static const char *const kernels_names[] = { [GEN_CHOICE_RULES] = "rules",
  [GEN_CHOICE_REMEMBERED] = "remembered",
  [GEN_CHOICE_MEASURE] = "measured",
  NULL };

static const char *const replay_names[] = { [GEN_REPLAY_NONE] = "none",
  [GEN_REPLAY_MEMORY] = "memory",
  [GEN_REPLAY_GENERATOR] = "generator",
  NULL };
static const char *const replay_texts[] = { [GEN_REPLAY_NONE] = "Nothing comes again",
  [GEN_REPLAY_MEMORY] = "Samples that the training of weights has kept",
  [GEN_REPLAY_GENERATOR] = "Samples that a generator makes which has learned them",
  NULL };
static const char *const memory_names[] = {
  [GEN_MEMORY_RESERVOIR] = "reservoir", [GEN_MEMORY_BY_CLASS] = "by-class", NULL
};
static const char *const memory_texts[] = { [GEN_MEMORY_RESERVOIR] =
                                                "All that were seen are as likely",
  [GEN_MEMORY_BY_CLASS] = "As many of each class",
  NULL };

/* Members of families begin with their names. */
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenRecipe, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenPreset, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenOptimizer, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenRateSchedule, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenAdapter, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenRetention, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenExchangeEngine, name) == 0);

static gconstpointer
find_recipe (const char *name, GError **error)
{
  return gen_recipe_find (name, error);
}

static gconstpointer
find_preset (const char *name, GError **error)
{
  return gen_preset_find (name, error);
}

static gconstpointer
find_adapter (const char *name, GError **error)
{
  return gen_adapter_find (name, error);
}

static gconstpointer
find_retention (const char *name, GError **error)
{
  return gen_retention_find (name, error);
}

static gconstpointer
find_exchange (const char *name, GError **error)
{
  return gen_exchange_engine_find (name, error);
}

static gconstpointer
find_optimizer (const char *name, GError **error)
{
  return gen_optimizer_find (name, error);
}

static gconstpointer
find_rate_schedule (const char *name, GError **error)
{
  return gen_rate_schedule_find (name, error);
}

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainingSettings, field)

/* What is trained. Numbers have their defaults in gen_training_settings_init. */
static const GenSetting of_nets[] = {
  { .name = "recipe",
      .nick = "Recipe",
      .description = "What is trained, and how",
      .type = GEN_SETTING_FAMILY,
      FIELD (trainer.recipe),
      .find = find_recipe,
      .of_learning = TRUE },
  { .name = "preset",
      .nick = "Preset",
      .description = "Nets to train from scratch",
      .type = GEN_SETTING_FAMILY,
      FIELD (preset),
      .find = find_preset,
      .of_learning = TRUE },
};

/* What holds for all recipes. */
static const GenSetting of_all[] = {
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
  { .name = "learning-rate-schedule",
      .nick = "Learning-rate schedule",
      .description = "How the learning rate changes as training goes on",
      .type = GEN_SETTING_FAMILY,
      FIELD (rate_schedule),
      .find = find_rate_schedule,
      .of_learning = TRUE },
  { .name = "warm-up-steps",
      .nick = "Warm-up steps",
      .description = "Steps in which the learning rate grows from nothing",
      .type = GEN_SETTING_UINT64,
      FIELD (rate.warm_up),
      .minimum = 0,
      .maximum = G_MAXUINT32,
      .of_learning = TRUE },
  { .name = "final-rate",
      .nick = "Final rate",
      .description = "Share of the learning rate with which cosine and linear end",
      .type = GEN_SETTING_DOUBLE,
      FIELD (rate.final_rate),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "rate-decay",
      .nick = "Rate decay",
      .description = "What step and plateau multiply the learning rate by",
      .type = GEN_SETTING_DOUBLE,
      FIELD (rate.decay),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "decay-steps",
      .nick = "Decay steps",
      .description = "Steps after which the schedule step multiplies the learning rate again",
      .type = GEN_SETTING_UINT64,
      FIELD (rate.decay_steps),
      .minimum = 1,
      .maximum = G_MAXUINT32,
      .of_learning = TRUE },
  { .name = "rate-patience",
      .nick = "Rate patience",
      .description = "Validations in a row without a better one after which the schedule plateau "
                     "multiplies the learning rate",
      .type = GEN_SETTING_UINT,
      FIELD (rate.patience),
      .minimum = 1,
      .maximum = INFINITY,
      .of_learning = TRUE },
  { .name = "gradient-norm",
      .nick = "Gradient norm",
      .description = "Gradients of a loss whose norm is larger are scaled down to it (0 = never)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.clip_norm),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "accumulate",
      .nick = "Accumulate",
      .description = "Steps whose gradients make one update, as if the batch were that many times "
                     "as large",
      .type = GEN_SETTING_INT,
      FIELD (trainer.accumulate),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "keep-zeros",
      .nick = "Keep zeros",
      .description = "Zeros among the weights of layers stay, as those of a net that was pruned to "
                     "them; what is zero all over is trained",
      .type = GEN_SETTING_FLAG,
      FIELD (trainer.keep_zeros),
      .of_learning = TRUE },
  { .name = "beta1",
      .nick = "Beta 1",
      .description =
          "Decay of the mean of gradients by a step, below 1 (adam, adamw, lion); momentum (sgd, "
          "nesterov); how far from the base to the average gradients are taken (schedule-free)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.optimizer_settings.beta1),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "beta2",
      .nick = "Beta 2",
      .description = "Decay of the mean of squared gradients by a step, below 1",
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
  { .name = "dropout",
      .nick = "Dropout",
      .description =
          "Share of the discriminator's hidden values, of a classifier's features, or of "
          "what blocks of a transformer add, dropped in training (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (options.dropout),
      .minimum = 0,
      .maximum = 0.95,
      .of_learning = TRUE },
  { .name = "classes",
      .nick = "Classes",
      .description = "Classes that a classifier tells apart, or that conditional nets are told of "
                     "(0 = as many as the data has, where datasetsrc or "
                     "train knows them)",
      .type = GEN_SETTING_INT,
      FIELD (options.classes),
      .minimum = 0,
      .maximum = GEN_TRAINER_MAX_CLASSES,
      .of_learning = TRUE },
  { .name = "codes",
      .nick = "Codes",
      .description = "Vectors in the codebook, each of latent-size numbers",
      .type = GEN_SETTING_INT,
      FIELD (options.codes),
      .minimum = 2,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "conditional",
      .nick = "Conditional",
      .description = "Nets are told the class of each sample, so that samples of a class can be "
                     "made",
      .type = GEN_SETTING_FLAG,
      FIELD (options.conditional),
      .of_learning = TRUE },
  { .name = "latent-size",
      .nick = "Latent size",
      .description = "Numbers in a latent, or in a vector of a codebook",
      .type = GEN_SETTING_INT,
      FIELD (options.latent_size),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "width",
      .nick = "Width",
      .description = "Channels beside the sample, which layers further from it have multiples of, "
                     "or numbers that stand for a code in a transformer",
      .type = GEN_SETTING_INT,
      FIELD (options.width),
      .minimum = 0,
      .maximum = 1024,
      .of_learning = TRUE },
  { .name = "patch-size",
      .nick = "Patch size",
      .description = "Pixels, across and down, that unet-diffusion folds into the channels of one "
                     "place, so that all between its ends works on smaller extents: 1, 2 or 4, or "
                     "8 of 64 pixels (0 = 1 for pictures of 28 pixels, 2 of 32, 4 of 64), or that "
                     "a code of vq-vae stands for: 2 or 4, or of more than 28 pixels also 8 or 16 "
                     "(0 = 4)",
      .type = GEN_SETTING_INT,
      FIELD (options.patch_size),
      .minimum = 0,
      .maximum = 16,
      .of_learning = TRUE },
  { .name = "length",
      .nick = "Length",
      .description = "Frames in a sound, also where models leave it free",
      .type = GEN_SETTING_INT,
      FIELD (length),
      .minimum = 0,
      .maximum = G_MAXINT,
      .of_learning = TRUE },
  { .name = "ema",
      .nick = "EMA",
      .description =
          "Decay of a moving average of the weights of the net that makes samples, "
          "written to ema.onnx and shown in the preview; at first it is smaller, (1 + updates) / "
          "(10 + updates) (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.ema),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "weights",
      .nick = "Weights",
      .description = "ONNX model, or folder of a training, whose weights the nets begin with where "
                     "names and shapes are the same (unset: fresh ones, or the models')",
      .type = GEN_SETTING_TEXT,
      FIELD (weights),
      .of_learning = TRUE },
  { .name = "weights-average",
      .nick = "Weights' average",
      .description = "Of a folder, the net that has a moving average there begins with that "
                     "(ema.onnx), rather than with the weights that were trained last",
      .type = GEN_SETTING_FLAG,
      FIELD (weights_average),
      .of_learning = TRUE },
  { .name = "trainable",
      .nick = "Trainable",
      .description = "Weights that are trained: all, head (of each net's last layer), or names as "
                     "generative-model inspect --weights lists them, separated by commas, with * "
                     "for any letters, that of the net in front (generator.up*) or not, and ! in "
                     "front of what stays (unset: all)",
      .type = GEN_SETTING_TEXT,
      FIELD (trainer.trainable),
      .of_learning = TRUE },
  { .name = "adapter",
      .nick = "Adapter",
      .description = "What is learned beside weights that stay as they are, and written to a small "
                     "file of its own beside each model: of the nets that adapter-target names, "
                     "while others are trained as ever. Nets begin as weights or models have them",
      .type = GEN_SETTING_FAMILY,
      FIELD (trainer.adapter),
      .find = find_adapter,
      .of_learning = TRUE },
  { .name = "adapter-rank",
      .nick = "Adapter rank",
      .description = "Rank of the difference that a layer's weights have: more can be learned with "
                     "more, in a larger file",
      .type = GEN_SETTING_INT,
      FIELD (trainer.adapter_settings.rank),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "adapter-alpha",
      .nick = "Adapter alpha",
      .description = "Differences count adapter-alpha / adapter-rank times (0 = once)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.adapter_settings.alpha),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "adapter-target",
      .nick = "Adapter target",
      .description =
          "Weights that have an adapter, as trainable names them; a net of which none is "
          "named is trained as ever (unset: those of all nets but discriminators)",
      .type = GEN_SETTING_TEXT,
      FIELD (trainer.adapter_settings.target),
      .of_learning = TRUE },
  { .name = "adapter-budget",
      .nick = "Adapter budget",
      .description = "Ranks that layers have at the end, on average (0 = half of adapter-rank)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.adapter_settings.budget),
      .minimum = 0,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "adapter-warm-up",
      .nick = "Adapter warm-up",
      .description = "Steps before the first ranks are taken away",
      .type = GEN_SETTING_UINT64,
      FIELD (trainer.adapter_settings.warm_up),
      .minimum = 0,
      .maximum = G_MAXUINT32,
      .of_learning = TRUE },
  { .name = "adapter-budget-steps",
      .nick = "Adapter budget steps",
      .description = "Steps after which the budget is all that is left, and those that stay are "
                     "trained on (0 = three quarters of max-steps)",
      .type = GEN_SETTING_UINT64,
      FIELD (trainer.adapter_settings.steps),
      .minimum = 0,
      .maximum = G_MAXUINT32,
      .of_learning = TRUE },
  { .name = "adapter-orthogonality",
      .nick = "Adapter orthogonality",
      .description =
          "Weight of how far the ranks of a difference are from orthogonal to each other",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.adapter_settings.orthogonality),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "keep-classes",
      .nick = "Keep classes",
      .description = "Nets know the classes of weights as they knew them, and behind these those "
                     "of the data that are new, by their names where both have some; retain and "
                     "replay want it in any case",
      .type = GEN_SETTING_FLAG,
      FIELD (keep_classes),
      .of_learning = TRUE },
  { .name = "retain",
      .nick = "Retain",
      .description = "What keeps nets from forgetting what they could do as weights or models have "
                     "them, while they learn something else",
      .type = GEN_SETTING_FAMILY,
      FIELD (trainer.retention),
      .find = find_retention,
      .of_learning = TRUE },
  { .name = "retain-weight",
      .nick = "Retain weight",
      .description = "Weight of that beside what is learned",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.retain_weight),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "retain-temperature",
      .nick = "Retain temperature",
      .description = "By what scores of classes are divided before their probabilities are held",
      .type = GEN_SETTING_DOUBLE,
      FIELD (trainer.retain_temperature),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "replay",
      .nick = "Replay",
      .description = "What of what was learned before comes again in each batch",
      .type = GEN_SETTING_CHOICE,
      FIELD (replay),
      .choices = replay_names,
      .choice_texts = replay_texts,
      .of_learning = TRUE },
  { .name = "replay-share",
      .nick = "Replay share",
      .description = "Share of each batch that comes again",
      .type = GEN_SETTING_DOUBLE,
      FIELD (replay_share),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE,
      .with = (const char *const[]){ "replay", NULL } },
  { .name = "replay-model",
      .nick = "Replay model",
      .description = "ONNX model of the generator that replays (unset: ema.onnx or generator.onnx "
                     "of weights)",
      .type = GEN_SETTING_TEXT,
      FIELD (replay_model),
      .of_learning = TRUE,
      .with = (const char *const[]){ "replay", NULL } },
  { .name = "memory-samples",
      .nick = "Memory samples",
      .description =
          "Samples that the checkpoint keeps for trainings which begin with its weights, "
          "those that weights has kept among them (0 = none)",
      .type = GEN_SETTING_UINT,
      FIELD (memory_samples),
      .minimum = 0,
      .maximum = 1 << 20,
      .of_learning = TRUE },
  { .name = "memory-policy",
      .nick = "Memory policy",
      .description = "Which of all samples that were seen are kept",
      .type = GEN_SETTING_CHOICE,
      FIELD (memory_policy),
      .choices = memory_names,
      .choice_texts = memory_texts,
      .of_learning = TRUE,
      .with = (const char *const[]){ "memory-samples", NULL } },
  { .name = "importance-samples",
      .nick = "Importance samples",
      .description =
          "Kept samples of this training, at most, over which is measured at the end how "
          "important each weight is, for a later one with retain=ewc (0 = not measured)",
      .type = GEN_SETTING_UINT,
      FIELD (importance_samples),
      .minimum = 0,
      .maximum = 1 << 20,
      .with = (const char *const[]){ "memory-samples", NULL } },
  { .name = "importance-decay",
      .nick = "Importance decay",
      .description = "What of the importance that weights has measured counts in it",
      .type = GEN_SETTING_DOUBLE,
      FIELD (importance_decay),
      .minimum = 0,
      .maximum = 1,
      .with = (const char *const[]){ "importance-samples", NULL } },
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
  { .name = "exchange",
      .nick = "Exchange",
      .description = "By what processes that were started together train together, each on its "
                     "part of every batch",
      .type = GEN_SETTING_FAMILY,
      FIELD (exchange),
      .find = find_exchange },
  { .name = "synchronised-normalization",
      .nick = "Synchronised normalization",
      .description = "Batch normalizations go by the statistics of the whole batch where several "
                     "processes have a part of it each, and not by those of the part",
      .type = GEN_SETTING_FLAG,
      FIELD (trainer.synchronised_normalization),
      .of_learning = TRUE },
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
  { .name = "validation-metric",
      .nick = "Validation metric",
      .description =
          "Figure of a validation by which the best nets are kept, early-stopping ends, plateau "
          "lowers the rate, and what was given is judged: one that the recipe measures, such as "
          "loss or accuracy, or, of samples made of latents, one of a metric, such as coverage "
          "(unset: the Frechet distance of samples made of latents, else the loss)",
      .type = GEN_SETTING_TEXT,
      FIELD (validation_metric) },
  { .name = "validation-samples",
      .nick = "Validation samples",
      .description = "Samples that are kept of the validation pad's, at most",
      .type = GEN_SETTING_UINT,
      FIELD (validation_samples),
      .minimum = 2,
      .maximum = 65536 },
  { .name = "test-samples",
      .nick = "Test samples",
      .description = "Samples that are kept of the test pad's, at most",
      .type = GEN_SETTING_UINT,
      FIELD (test_samples),
      .minimum = 2,
      .maximum = 65536 },
  { .name = "early-stopping",
      .nick = "Early stopping",
      .description =
          "End after that many validations in a row that were no better than the best, by "
          "validation-metric (0 = never)",
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

/* A model for each role of a net. The texts are the list's, which stays. */
static void
add_models (GArray *list)
{
  const GenNetRole *const *roles = gen_net_role_list ();

  for (guint i = 0; roles[i] != NULL; i++) {
    const GenSetting setting = { .name = g_strconcat (roles[i]->name, "-model", NULL),
      .nick =
          g_strdup_printf ("%c%s model", g_ascii_toupper (roles[i]->name[0]), roles[i]->name + 1),
      .description =
          g_strdup_printf ("ONNX model to train, %s (unset: the preset's)", roles[i]->description),
      .type = GEN_SETTING_TEXT,
      .offset = G_STRUCT_OFFSET (GenTrainingSettings, models) + i * sizeof (char *),
      .of_learning = TRUE };

    g_array_append_val (list, setting);
  }
}

static gboolean
is_listed (const GArray *list, const char *name)
{
  for (guint i = 0; i < list->len; i++)
    if (strcmp (g_array_index (list, GenSetting, i).name, name) == 0)
      return TRUE;
  return FALSE;
}

/* A recipe's own, whose fields are those of the trainer's settings. Recipes may share them. */
static void
add_recipe (GArray *list, const GenRecipe *recipe)
{
  for (guint i = 0; i < recipe->n_settings; i++) {
    GenSetting setting = recipe->settings[i];

    setting.offset += G_STRUCT_OFFSET (GenTrainingSettings, trainer);
    if (!is_listed (list, setting.name))
      g_array_append_val (list, setting);
  }
}

/* Some texts are longer than the list here, which they stay with, too. */
static GArray *
make_list (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GenSetting));

  g_array_append_vals (list, of_nets, G_N_ELEMENTS (of_nets));
  add_models (list);
  for (const GenRecipe *const *recipe = gen_recipe_list (); *recipe != NULL; recipe++)
    add_recipe (list, *recipe);
  g_array_append_vals (list, of_all, G_N_ELEMENTS (of_all));
  for (guint i = 0; i < list->len; i++) {
    GenSetting *setting = &g_array_index (list, GenSetting, i);
    char *text = gen_training_text (setting);

    if (text != NULL)
      setting->description = text;
  }
  return list;
}

const GenSetting *
gen_training_setting_list (guint *n)
{
  static gsize once = 0;
  const GArray *list;

  if (g_once_init_enter (&once))
    g_once_init_leave (&once, (gsize)make_list ());
  list = (const GArray *)once;
  g_assert (list->len <= GEN_TRAINING_MOST_SETTINGS);
  *n = list->len;
  return (const GenSetting *)(const void *)list->data;
}

void
gen_training_settings_init (GenTrainingSettings *settings)
{
  *settings = (GenTrainingSettings){
    .preset = &gen_preset_auto,
    .options = { GEN_PRESET_DEFAULTS },
    .trainer = { GEN_TRAINER_DEFAULTS },
    .rate_schedule = &gen_rate_schedule_constant,
    .rate = { GEN_RATE_DEFAULTS },
    .replay_share = 0.5,
    .importance_decay = 1,
    .exchange = &gen_exchange_engine_auto,
    .checkpoint = g_strdup ("checkpoint"),
    .validation_interval = 500,
    .validation_samples = 1000,
    .test_samples = 1000,
    .checkpoint_interval = 1000,
    .log_interval = 250,
    .preview_interval = 50,
    .preview_columns = 8,
    .preview_rows = 8,
  };
  settings->trainer.recipe = &gen_recipe_auto;
  settings->trainer.choice = GEN_CHOICE_MEASURE;
}

void
gen_training_settings_clear (GenTrainingSettings *settings)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  gen_setting_clear_texts (settings, list, n);
}

void
gen_training_settings_copy (const GenTrainingSettings *settings, GenTrainingSettings *copy)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  *copy = *settings;
  gen_setting_copy_texts (copy, list, n);
}

void
gen_training_settings_say (GenTrainingSettings *settings, const GenSetting *setting)
{
  guint n;

  settings->said[setting - gen_training_setting_list (&n)] = TRUE;
}

/* What a preset says is the program's own, and right. */
void
gen_training_settings_follow_preset (GenTrainingSettings *settings)
{
  const GenPresetSetting *brought = settings->preset->settings;
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  /* They are the preset's recipe's. */
  if (gen_training_settings_has_models (settings) || settings->trainer.recipe->any_preset)
    return;
  for (; brought != NULL && brought->name != NULL; brought++) {
    const GenSetting *setting = gen_setting_find (list, n, brought->name, NULL);
    g_autoptr (GVariant) value = NULL;
    gboolean set;

    g_assert (setting != NULL);
    if (settings->said[setting - list])
      continue;
    value = gen_setting_parse (setting, brought->value, NULL);
    set = value != NULL && gen_setting_set (settings, setting, value, NULL);
    g_assert (set);
  }
}

GVariant *
gen_training_settings_describe (const GenTrainingSettings *settings, gboolean of_learning_only)
{
  g_auto (GVariantDict) described = G_VARIANT_DICT_INIT (NULL);
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (guint i = 0; i < n; i++) {
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

const GenRecipe *
gen_training_settings_recipe (const GenTrainingSettings *settings)
{
  if (settings->trainer.recipe != &gen_recipe_auto)
    return settings->trainer.recipe;
  return settings->preset != &gen_preset_auto ? settings->preset->recipe : &gen_recipe_adversarial;
}

gboolean
gen_training_settings_has_models (const GenTrainingSettings *settings)
{
  for (guint i = 0; i < GEN_NET_ROLES; i++)
    if (settings->models[i] != NULL)
      return TRUE;
  return FALSE;
}

gboolean
gen_training_settings_begin_as_teacher (const GenTrainingSettings *settings)
{
  return gen_training_settings_recipe (settings)->begins_as_teacher &&
         settings->trainer.teacher_model != NULL && settings->preset == &gen_preset_auto &&
         !gen_training_settings_has_models (settings);
}

static const GenRecipe *
presets_of (const GenRecipe *recipe)
{
  return recipe->presets_of != NULL ? recipe->presets_of : recipe;
}

/* Whether `recipe` trains what `preset` makes. */
static gboolean
check_preset (const GenRecipe *recipe, const GenPreset *preset, GError **error)
{
  if (recipe->any_preset && preset->recipe != NULL && gen_recipe_averaged_net (preset->recipe) >= 0)
    return TRUE;
  if (preset->recipe == presets_of (recipe))
    return TRUE;
  if (recipe->any_preset)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset: recipe %s wants one that has a net like the teacher, such as mlp, classifier or "
        "cleaner, or student-model",
        recipe->name);
  else
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset %s is of recipe %s, not %s", preset->name, preset->recipe->name,
        presets_of (recipe)->name);
  return FALSE;
}

const GenPreset *
gen_training_settings_preset (
    const GenTrainingSettings *settings, const GenMedium *medium, GError **error)
{
  const GenRecipe *recipe = gen_training_settings_recipe (settings);
  const GenPreset *preset = settings->preset;

  if (preset == &gen_preset_auto && !recipe->any_preset)
    return gen_preset_find_for (presets_of (recipe), medium, error);
  if (!check_preset (recipe, preset, error))
    return NULL;
  if (preset->medium == medium)
    return preset;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset %s makes %s, and the data is %s", preset->name, preset->medium->plural,
      medium->plural);
  return NULL;
}
