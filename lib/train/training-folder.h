/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder that a training writes its checkpoints to. */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/checkpoint.h>

#include "training-cost.h"
#include "training-events.h"

typedef struct {
  const GenTrainingSettings *settings;
  const GenTrainingEvents *events;
  GenCheckpointLock *lock;
  gint64 saved_time;
  GVariant *data;       /* what the data is, a{sv}; NULL: nobody has said */
  GVariant *found;      /* what was found in it, a{sv}; NULL likewise */
  GenTrainingCost cost; /* where it has begun */
  guint64 epoch_length; /* samples, as far as is known at the first step; 0: not known */
  gboolean unsaved;     /* something has been learned that no checkpoint has */
  gboolean replacing;   /* there is an earlier training's checkpoint until this one's first */
} GenTrainingFolder;

/* From here on the folder is this training's, and nothing in it will be lost that should not. */
gboolean gen_training_folder_take (GenTrainingFolder *folder, const GenTrainingSettings *settings,
    const GenTrainingEvents *events, GError **error);
/* It is another member's, and what is in it is read. */
gboolean gen_training_folder_follow (GenTrainingFolder *folder, const GenTrainingSettings *settings,
    const GenTrainingEvents *events, GError **error);
void gen_training_folder_give_back (GenTrainingFolder *folder);

/* Training has failed: tell that, and what there is of it. */
void gen_training_folder_tell_failure (const GenTrainingFolder *folder, const GError *error);
/* Whether a checkpoint is due after `step`. */
gboolean gen_training_folder_is_due (const GenTrainingFolder *folder, guint64 step);
/* Write what no checkpoint has; FALSE when a failure has been told. A checkpoint that is not the
 * `last` one may fail: a warning tells of it, and training goes on to the next. */
gboolean gen_training_folder_save (GenTrainingFolder *folder, GenTrainer *trainer,
    const GenTrainingProgress *progress, gboolean last);
/* Have training.json say what the nets were found to be worth at the end, in their models of now.
 */
gboolean gen_training_folder_save_test (GenTrainingFolder *folder, GenTrainer *trainer,
    const GenTrainingProgress *progress, JsonObject *test, GError **error);
/* The best models so far, and the checkpoint, which knows of them. `before` is the progress without
 * this validation, which is gone back to where they cannot be written. */
gboolean gen_training_folder_save_best (GenTrainingFolder *folder, GenTrainer *trainer,
    GenTrainingProgress *progress, const GenTrainingProgress *before);
