/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/exchange.h>
#include <generative/preset.h>
#include <generative/rate-schedule.h>
#include <generative/setting.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

#define GEN_TRAINING_MOST_SETTINGS 256

/**
 * GenTrainingSettings: all that can be said of a training. Each has a name, by which it is a
 * property of modeltrainer, a key of the file that `generative-model train` reads, and a line of a
 * checkpoint's training.json: the list below is the one place that knows them.
 */
typedef struct {
  /* The nets: a preset's, or ONNX files. The recipe is that of `trainer`. */
  const GenPreset *preset;
  char *models[GEN_NET_ROLES]; /* owned, in the order of gen_net_role_list; NULL: the preset's */
  GenPresetOptions options;    /* without format and seed */
  char *weights;               /* owned; a model or folder with which they begin; NULL: none */
  gboolean weights_average;    /* of a folder, with its moving average. Since: 0.2 */
  int length;                  /* frames of a preset's sounds; 0: its shortest */

  GenTrainerSettings
      trainer; /* without device, precision and the optimiser's warm-up, which follow from these: */
  int device;  /* a place in "auto", "cpu", "cuda" */
  int precision;                     /* a place in "auto", "fp32", "tf32", "bf16", "fp16" */
  const GenExchangeEngine *exchange; /* by which the exchange of `trainer` is found, where that has
                                        none. Since: 0.2 */

  /* What is learned before and after others (training/continual.md). Since: 0.2 */
  gboolean keep_classes;    /* those of `weights` come first */
  int replay;               /* a place in "none", "memory", "generator" */
  double replay_share;      /* of a batch: (0, 1) */
  char *replay_model;       /* owned; a generator; NULL: that of `weights` */
  guint memory_samples;     /* that are kept for later trainings; 0: none */
  int memory_policy;        /* a place in "reservoir", "by-class" */
  guint importance_samples; /* over which that of weights is measured at the end; 0: it is not */
  double importance_decay;  /* of that which was measured before: [0, 1] */

  const GenRateSchedule *rate_schedule;
  GenRateSettings rate;

  char *checkpoint; /* owned; the folder */
  char *log_dir;    /* owned; NULL: `logs` in the checkpoint */
  gboolean resume, overwrite;

  guint64 epochs, epoch_samples, max_steps; /* 0: no such end, or size */
  guint64 validation_interval, checkpoint_interval, log_interval, preview_interval; /* steps */
  guint validation_samples, test_samples, early_stopping;
  char *validation_metric; /* owned; a figure (objective.h); NULL: the recipe's. Since: 0.2 */
  int preview_columns, preview_rows;
  gboolean silent; /* no line on the terminal */

  /* Which of the list were said, by their places in it (gen_training_settings_say): those are not
   * changed by what the preset brings. */
  gboolean said[GEN_TRAINING_MOST_SETTINGS];
} GenTrainingSettings;

/* The defaults; cleared by gen_training_settings_clear. */
GEN_API void gen_training_settings_init (GenTrainingSettings *settings);
GEN_API void gen_training_settings_clear (GenTrainingSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenTrainingSettings, gen_training_settings_clear)
/* `copy` is filled anew. */
GEN_API void gen_training_settings_copy (
    const GenTrainingSettings *settings, GenTrainingSettings *copy);

/* Note that `setting`, one of the list, was said. */
GEN_API void gen_training_settings_say (GenTrainingSettings *settings, const GenSetting *setting);
/* What the preset brings (preset.h) becomes the value of settings that were not said; nothing where
 * nets are given as models, or a preset is not named. */
GEN_API void gen_training_settings_follow_preset (GenTrainingSettings *settings);

/* The recipe that is meant: the preset's where it is not said. */
GEN_API const GenRecipe *gen_training_settings_recipe (const GenTrainingSettings *settings);
/* Whether nets are given as models, so that there is no preset. */
GEN_API gboolean gen_training_settings_has_models (const GenTrainingSettings *settings);
/* Whether the net begins as the teacher, so that there is no preset either. Since: 0.2 */
GEN_API gboolean gen_training_settings_begin_as_teacher (const GenTrainingSettings *settings);
/* The preset whose nets are trained on samples of `medium`, or NULL with `error`
 * (GEN_TRAINER_ERROR_SETTING). */
GEN_API const GenPreset *gen_training_settings_preset (
    const GenTrainingSettings *settings, const GenMedium *medium, GError **error);

/* All of them, in the order in which they are told; `n` how many. */
GEN_API const GenSetting *gen_training_setting_list (guint *n);
/* Whether a setting is one of what `recipe`, or a preset for it, reads: of it alone, or of all. */
GEN_API gboolean gen_training_setting_is_of (const GenSetting *setting, const GenRecipe *recipe);
/* Its description, and in front of it which recipes, presets and members of other families it is
 * for, where it is not for all: of `recipe`, or of all recipes where that is NULL. (transfer full)
 * Since: 0.2 */
GEN_API char *gen_training_setting_describe (const GenSetting *setting, const GenRecipe *recipe);
/* All of them, or those alone that change what is learned, a{sv}. (transfer floating) */
GEN_API GVariant *gen_training_settings_describe (
    const GenTrainingSettings *settings, gboolean of_learning_only);
/* The name of the device that is asked for. */
GEN_API const char *gen_training_settings_device (const GenTrainingSettings *settings);

G_END_DECLS
