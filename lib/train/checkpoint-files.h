/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of checkpoints share: checkpoint.c (the state and the models),
 * checkpoint-description.c (training.json) and checkpoint-lock.c (who may write). */
#pragma once

#include <generative/checkpoint.h>

#define GEN_CHECKPOINT_DESCRIPTION "training.json"

/* The names of all files that a checkpoint has, the state first; ended by NULL. Its folder
 * GEN_CHECKPOINT_BEST has some of them, too. */
extern const char *const gen_checkpoint_files[];

/* Write training.json. */
gboolean gen_checkpoint_describe (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, GError **error);
