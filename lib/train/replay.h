/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was learned before, which comes again in each batch: samples that a training has kept
 * (sample-memory.h), or such as a generator makes that has learned of them (Shin et al., "Continual
 * learning with deep generative replay", 2017). What comes follows from the seed and the number of
 * the batch, so that a training which goes on has the same. */
#pragma once

#include <generative/trainer.h>

typedef enum {
  GEN_REPLAY_NONE,
  GEN_REPLAY_MEMORY,
  GEN_REPLAY_GENERATOR,
} GenReplayKind;

typedef struct _GenReplay GenReplay;

/* `n` samples of each member's part, of those that the state of the checkpoint `folder` has, in
 * each batch of `trainer`. NULL where it has none, or such as the nets do not take. (transfer full)
 */
GenReplay *gen_replay_new_memory (GenTrainer *trainer, const char *folder, guint n, GError **error);
/* The same of what the model `path` makes of latents, and, where it is told them, of classes. Where
 * it is not, and classes are learned, those are such as the classifier takes them for that the
 * trainer began with; it knew `classes` (0: all). (transfer full) */
GenReplay *gen_replay_new_generator (
    GenTrainer *trainer, const char *path, guint n, int classes, GError **error);
void gen_replay_free (GenReplay *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenReplay, gen_replay_free)

/* How many there are in a batch. */
guint gen_replay_count (const GenReplay *self);
/* Write those of batch number `batch` and their classes, -1 for none. */
gboolean gen_replay_fill (
    GenReplay *self, guint64 batch, float *samples, gint64 *labels, GError **error);
