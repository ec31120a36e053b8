/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a training with adapters (adapter.h) begins with. */
#pragma once

#include "training-events.h"

/* Settle what settings of adapters leave open, and check that there is something to adapt. */
gboolean gen_training_adapters_resolve (GenTrainingSettings *settings, GError **error);
/* Before a training goes on: whether the nets, which stay, are those of the checkpoint. */
gboolean gen_training_adapters_check (
    GenGraph *const *nets, const GenTrainingSettings *settings, GError **error);
/* Say which share of each net is trained, and let the trainer know what they began as. */
void gen_training_adapters_tell (
    GenTrainer *trainer, const GenTrainingSettings *settings, const GenTrainingEvents *events);
