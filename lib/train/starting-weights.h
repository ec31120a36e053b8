/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that begin with what others have learned. */
#pragma once

#include "training-events.h"

/* Give the nets of the recipe of `settings` the numbers that `location`, a model or a folder of a
 * training's models, has for parameters of the same names and shapes, and tell which they are.
 * FALSE where there are none, or they are of other codes than those of the tokenizer. */
gboolean gen_starting_weights_take (GenGraph *const *nets, const GenTrainerSettings *settings,
    const char *location, const GenTrainingEvents *events, GError **error);
/* Before a training goes on from the checkpoint `folder`: what stays in it is as the models there
 * have it, and its state has the rest. FALSE as above. */
gboolean gen_starting_weights_restore (
    GenGraph *const *nets, const GenTrainerSettings *settings, const char *folder, GError **error);
