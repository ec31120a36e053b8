/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <math.h>

#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * Checkpoints: training written to a folder, to play its models and to go on from.
 *
 *   generator.onnx, discriminator.onnx   the nets with their present weights
 *   ema.onnx                             the generator with the moving average of its weights
 *   training.json                        the settings and how far training has come
 *   state.safetensors                    weights, moments, statistics and counters, bit for bit
 *
 * Each file appears whole or not at all, and the state is written last. It alone is what training
 * goes on from, so that a kill at any moment leaves a checkpoint that is good: the last one, or
 * the new one. The models say in their metadata (`generative.step`) which step they are of.
 */

/* The state's file in a checkpoint. */
#define GEN_CHECKPOINT_STATE "state.safetensors"

/* How far training has come, beyond what the trainer knows. */
typedef struct {
  guint64 samples;   /* pictures taken from the data */
  double best;       /* least Fréchet distance of a validation; NaN before the first */
  guint64 best_step; /* the step of it */
  guint64 stale;     /* validations since then */
} GenTrainingProgress;
#define GEN_TRAINING_PROGRESS_START                                                                \
  {                                                                                                \
    .best = NAN                                                                                    \
  }

/* Take note of a validation at `step`; TRUE when it is the best so far. */
gboolean gen_training_progress_note (GenTrainingProgress *progress, guint64 step, double frechet);

/* Write a checkpoint; the folder is made where it is missing. `settings` (a{sv}, may be NULL) is
 * written to training.json for people to read. Errors name the file. */
gboolean gen_checkpoint_save (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, GError **error);
/* The models alone. */
gboolean gen_checkpoint_save_models (GenTrainer *trainer, const char *folder, GError **error);

/* Make sure that a checkpoint could be written to `folder`, before hours are spent: the folder is
 * made where it is missing. */
gboolean gen_checkpoint_check (const char *folder, GError **error);

/* Go on from the state in `folder`: all of it is read and compared with the trainer's states
 * before any is changed. */
gboolean gen_checkpoint_load (
    GenTrainer *trainer, const char *folder, GenTrainingProgress *progress, GError **error);

/* TRUE when there is a state in `folder`. */
gboolean gen_checkpoint_exists (const char *folder);

G_END_DECLS
