/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that begin with what others have learned. */
#pragma once

#include "training-events.h"

/* What nets have kept of what they began with. */
typedef struct {
  GenImportance
      *importance; /* of each weight: 1 of each number that is as it was, and 0 of others */
  int classes;     /* that they knew; 0: none */
  GChecksum *from; /* of the hashes (gen_adapter_hash) of the models that they begin with */
} GenStartingKept;

/* They begin with `model`, too. */
void gen_starting_kept_note (GenStartingKept *kept, const GenGraph *model);

/* How many classes `net`, the recipe's net `of`, tells apart, or is told; 0: none. */
int gen_starting_weights_classes (
    const GenRecipe *recipe, const GenRecipeNet *of, const GenGraph *net);

/* Give the nets of the recipe of `settings` the numbers that `location`, a model or a folder of a
 * training's models, has for parameters of the same names and shapes, and tell which they are.
 * FALSE where there are none, or they are of other codes than those of the tokenizer. Where `kept`
 * is not NULL, weights of nets that know more classes than the models begin with what those have,
 * and it gets what is as it was. With `average` the net that is averaged begins with the average
 * that the folder has. */
gboolean gen_starting_weights_take (GenGraph *const *nets, const GenTrainerSettings *settings,
    const char *location, gboolean average, const GenTrainingEvents *events, GenStartingKept *kept,
    GError **error);
/* Before a training goes on from the checkpoint `folder`: what stays in it is as the models there
 * have it, and its state has the rest. FALSE as above. */
gboolean gen_starting_weights_restore (
    GenGraph *const *nets, const GenTrainerSettings *settings, const char *folder, GError **error);
