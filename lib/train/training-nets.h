/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a training trains, and where, as its settings say. */
#pragma once

#include "training-events.h"

/* Find the device and the recipe, and what else follows from what was said. */
gboolean gen_training_nets_resolve (
    GenTrainingSettings *settings, const GenTrainingEvents *events, GError **error);
/* The trainer of the nets for samples of `format`, whose length is that of the nets where it was
 * left open. Where the device fails and any will do, it is the CPU's, and so the settings say.
 * (transfer full) */
GenTrainer *gen_training_nets_make (GenTrainingSettings *settings, const GenTrainingEvents *events,
    GenFormat *format, GError **error);
/* The nets that training has written to `folder`, of which no more is trained: with the moving
 * average in its place. */
GenTrainer *gen_training_nets_load (const GenTrainingSettings *settings,
    const GenTrainingEvents *events, const GenFormat *format, const char *folder, GError **error);
