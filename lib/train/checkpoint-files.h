/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of checkpoints share: checkpoint.c (the state and the models),
 * checkpoint-description.c (training.json) and checkpoint-lock.c (who may write). */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/checkpoint.h>

#define GEN_CHECKPOINT_DESCRIPTION "training.json"

/* How important weights were found to be at the end (importance.h). */
#define GEN_CHECKPOINT_IMPORTANCE "importance.safetensors"

/* The names of all files that a checkpoint may have, the state first; its folder
 * GEN_CHECKPOINT_BEST has some of them, too. (transfer full) */
GPtrArray *gen_checkpoint_list_files (void);

/* The path of a net's model in `folder`; of the moving average, where `role` is NULL. (transfer
 * full) */
char *gen_checkpoint_model (const char *folder, const GenNetRole *role);

/* The name of the file of a net's adapters; of the moving average's, where `role` is NULL.
 * (transfer full) */
char *gen_checkpoint_adapter_file (const GenNetRole *role);

/* Write training.json. `test` is what the nets were found to be worth at the end, or NULL. */
gboolean gen_checkpoint_describe (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, JsonObject *test, GError **error);

/* Whether training.json, where there is one, can be read; the error names it. */
gboolean gen_checkpoint_check_description (const char *folder, GError **error);

/* Beside the data: how many samples an epoch of it has. */
#define GEN_CHECKPOINT_EPOCH "epoch-length"
/* What that was for the training that wrote the checkpoint; 0 where it does not say. */
guint64 gen_checkpoint_epoch_length (const char *folder);
/* And what it took (training-cost.h). */
#define GEN_CHECKPOINT_COST "cost"
/* That of the trainings that wrote the checkpoint; NULL where it does not say. (transfer full) */
JsonObject *gen_checkpoint_read_cost (const char *folder);
/* Whether the checkpoint was trained on what is at the location of `data` (a{sv}, may be NULL):
 * FALSE where one of them does not say where that is. */
gboolean gen_checkpoint_is_of_data (const char *folder, GVariant *data);
