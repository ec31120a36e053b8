/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A training that is one of several: what it keeps for those to come, and of those before it. */
#pragma once

#include "replay.h"
#include "starting-weights.h"
#include "training-events.h"

/* Whether nets are to keep what they could do before. */
gboolean gen_training_continual_keeps (const GenTrainingSettings *settings);
/* Whether there is what settings are about, as far as that can be told before the data comes. */
gboolean gen_training_continual_resolve (GenTrainingSettings *settings, GError **error);
/* Nothing of it is asked for any more: the nets are as they are. */
void gen_training_continual_take_off (GenTrainingSettings *settings);
/* Samples of a batch that are the data's. */
guint gen_training_continual_fresh (const GenTrainingSettings *settings);

/* How much the weights of `nets`, which begin with what `kept` says, count: by what was measured of
 * them where retention asks for that. NULL where none does. (transfer full) */
gboolean gen_training_continual_weigh (GenGraph *const *nets, const GenTrainingSettings *settings,
    const GenStartingKept *kept, GenImportance **importance, GError **error);
/* Let the trainer have a memory where settings say so, of which a state to go on from has the rest;
 * a training that begins has that of its weights. */
gboolean gen_training_continual_remember (
    GenTrainer *trainer, const GenTrainingSettings *settings, GError **error);
/* What comes again in batches; NULL: nothing. (transfer full) */
gboolean gen_training_continual_replay (
    GenTrainer *trainer, const GenTrainingSettings *settings, GenReplay **replay, GError **error);
/* Whether the checkpoint says how important weights are: a training that was ended while it
 * measured them has all steps, and measures once more when it is resumed. */
gboolean gen_training_continual_is_weighed (const GenTrainingSettings *settings);
/* At the end: measure how important weights are, and have the checkpoint say it. FALSE when a
 * failure has been told. */
gboolean gen_training_continual_weigh_after (
    GenTrainer *trainer, const GenTrainingSettings *settings, const GenTrainingEvents *events);
