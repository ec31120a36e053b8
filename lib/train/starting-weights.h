/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that begin with what others have learned. */
#pragma once

#include "training-events.h"

/* Give the nets of `recipe` the numbers that `location`, a model or a folder of a training's
 * models, has for parameters of the same names and shapes, and tell which they are. FALSE where
 * there are none. */
gboolean gen_starting_weights_take (GenGraph *const *nets, const GenRecipe *recipe,
    const char *location, const GenTrainingEvents *events, GError **error);
/* What stays in a training that goes on is as the models of its checkpoint `folder` have it; its
 * state has the rest. */
gboolean gen_starting_weights_restore (
    GenGraph *const *nets, const GenRecipe *recipe, const char *folder, GError **error);
