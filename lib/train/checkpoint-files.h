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

/* The path of a net's model in `folder`; of the moving average, where `role` is NULL. (transfer
 * full) */
char *gen_checkpoint_model (const char *folder, const GenNetRole *role);

/* Write training.json. `test` is what the nets were found to be worth at the end, or NULL. */
gboolean gen_checkpoint_describe (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, JsonObject *test, GError **error);

/* Whether training.json, where there is one, can be read; the error names it. */
gboolean gen_checkpoint_check_description (const char *folder, GError **error);

/* JSON whose numbers any parser takes. (transfer full) */
char *gen_checkpoint_json (JsonNode *root);
