/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of checkpoints share: checkpoint.c (the state and the models),
 * checkpoint-description.c (training.json) and checkpoint-lock.c (who may write). */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/checkpoint.h>

#define GEN_CHECKPOINT_DESCRIPTION "training.json"

/* The names of all files that a checkpoint may have, the state first; its folder
 * GEN_CHECKPOINT_BEST has some of them, too. (transfer full) */
GPtrArray *gen_checkpoint_list_files (void);

/* Write training.json. */
gboolean gen_checkpoint_describe (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, GError **error);

/* JSON whose numbers any parser takes. (transfer full) */
char *gen_checkpoint_json (JsonNode *root);
