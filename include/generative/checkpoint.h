/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <math.h>

#include <generative/api.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * Checkpoints: training written to a folder, to play its models and to go on from.
 *
 *   generator.onnx, discriminator.onnx   the nets with their present weights, by their roles
 *   ema.onnx                             the net that is averaged with the average of its weights
 *   generator.onnx                       also what plays what was learned, where the recipe puts it
 *                                        together (GenRecipe.assemble)
 *   generator.adapter.safetensors        the adapters of a net that has some (adapter.h), whose
 *   ema.adapter.safetensors              model has them in its weights
 *   training.json                        the settings and how far training has come
 *   state.safetensors                    weights, moments, statistics and counters, bit for bit
 *
 * Each file appears whole or not at all, and the state is written last. It alone is what training
 * goes on from, so that a kill at any moment leaves a checkpoint that is good: the last one, or
 * the new one. The models say in their metadata (`generative.step`) which step they are of.
 *
 * Nothing is written of a training that has diverged (gen_trainer_check).
 */

/* The state's file in a checkpoint. */
#define GEN_CHECKPOINT_STATE "state.safetensors"
/* The folder in it for the models of the best validation. */
#define GEN_CHECKPOINT_BEST "best"

/* How far training has come, beyond what the trainer knows. */
typedef struct {
  guint64 samples;        /* taken from the data */
  double best;            /* figure of the best validation; NaN before the first */
  guint64 best_step;      /* the step of it */
  guint64 stale;          /* validations since then */
  guint64 plateaus;       /* times that the learning rate was lowered because of that */
  guint64 validated_step; /* the step of the last validation. Since: 0.2 */
  /* Which figure `best` is (objective.h), static; NULL: gen_recipe_best of the recipe. Since: 0.2
   */
  const char *figure;
  GenBetter better; /* neither: less is better. Since: 0.2 */
} GenTrainingProgress;
#define GEN_TRAINING_PROGRESS_START                                                                \
  {                                                                                                \
    .best = NAN                                                                                    \
  }

/* Take note of a validation at `step`; TRUE when it is the best so far. A figure that is no number
 * never is. */
GEN_API gboolean gen_training_progress_note (
    GenTrainingProgress *progress, guint64 step, double figure);

/* Of the settings, what the data is (a{sv}), which stands beside them. Since: 0.2 */
#define GEN_CHECKPOINT_DATA "data"
/* And what was found in it (a{sv}): how many items of which classes, by which digests they are
 * known again, their licences, and what was left out because somebody does not want it to be
 * learned from. Since: 0.2 */
#define GEN_CHECKPOINT_FOUND "data-found"

/* Write a checkpoint; the folder is made where it is missing. `settings` (a{sv}, may be NULL) is
 * written to training.json, for people to read and to compare with. Errors name the file. */
GEN_API gboolean gen_checkpoint_save (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, GError **error);
/* The models alone. */
GEN_API gboolean gen_checkpoint_save_models (
    GenTrainer *trainer, const char *folder, GError **error);
/* After the first checkpoint of a training that was begun anew over an earlier one: remove what is
 * left of that one and has not been replaced, a moving average and the best models. */
GEN_API void gen_checkpoint_remove_rest (
    GenTrainer *trainer, const char *folder, const GenTrainingProgress *progress);

/* Make sure that a checkpoint could be written to `folder`, before hours are spent: the folder is
 * made where it is missing. */
GEN_API gboolean gen_checkpoint_check (const char *folder, GError **error);

/**
 * The lock on a checkpoint's folder: one training at a time writes there. It holds against other
 * processes and within one, and ends with the process, however that ends. (Where the file system
 * has no locks, there is none.)
 */
typedef struct _GenCheckpointLock GenCheckpointLock;
/* Take it; the folder is made where it is missing, and what killed trainings have left half-written
 * in it is removed. NULL with G_FILE_ERROR_AGAIN where another training has it; the text names its
 * process. (transfer full) */
GEN_API GenCheckpointLock *gen_checkpoint_lock (const char *folder, GError **error);
GEN_API void gen_checkpoint_unlock (GenCheckpointLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenCheckpointLock, gen_checkpoint_unlock)

/* Go on from the state in `folder`: all of it is read and compared with the trainer's states
 * before any is changed. A state of which something would be lost (moving averages, moments of
 * another optimiser) is refused, too. */
GEN_API gboolean gen_checkpoint_load (
    GenTrainer *trainer, const char *folder, GenTrainingProgress *progress, GError **error);

/* TRUE when there is a state in `folder`. */
GEN_API gboolean gen_checkpoint_exists (const char *folder);
/* A file in `folder` that a training begun anew there would replace, or NULL. */
GEN_API const char *gen_checkpoint_find (const char *folder);
/* What `settings` say otherwise than those that the checkpoint in `folder` was written with, as
 * "learning-rate is 0.001 and was 0.0002"; NULL when nothing, or the checkpoint does not tell. Only
 * settings of the same name are compared. (transfer full) */
GEN_API char *gen_checkpoint_changes (const char *folder, GVariant *settings);

G_END_DECLS
