/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

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

/* Write a checkpoint; the folder is made where it is missing. `samples` is how many pictures were
 * taken from the data so far. Errors name the file. */
gboolean gen_checkpoint_save (
    GenTrainer *trainer, const char *folder, guint64 samples, GError **error);

/* Make sure that a checkpoint could be written to `folder`, before hours are spent: the folder is
 * made where it is missing. */
gboolean gen_checkpoint_check (const char *folder, GError **error);

/* Go on from the state in `folder`: all of it is read and compared with the trainer's states
 * before any is changed. */
gboolean gen_checkpoint_load (
    GenTrainer *trainer, const char *folder, guint64 *samples, GError **error);

/* TRUE when there is a state in `folder`. */
gboolean gen_checkpoint_exists (const char *folder);

G_END_DECLS
