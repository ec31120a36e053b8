/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/metric.h>
#include <generative/recipe.h>

G_BEGIN_DECLS

/**
 * GenObjective: the figure of a validation by which nets are better or worse. By it the best ones
 * are kept, training ends early, a learning rate is lowered, the trials of a search are compared,
 * and a verdict is given on what has been fine-tuned. It is a figure that the recipe measures of
 * the validation samples, or, where what nets make is compared with these as a whole, one of a
 * metric that looks at frames or at sets of them. Since: 0.2
 */
typedef struct {
  const char *name;        /* of the figure: "loss", "frechet"; static */
  const char *validation;  /* what messages of a validation call it: "loss-on-validation" */
  GenBetter better;        /* higher or lower */
  int figure;              /* its place among the recipe's; -1: it is the metric's */
  const GenMetric *metric; /* NULL: it is the recipe's */
} GenObjective;

/* That of `recipe` which is called `name`, by itself or as messages of a validation call it; NULL
 * or "auto": gen_recipe_best. `medium` is what the nets make, NULL where that is not known yet.
 * FALSE with `error` (GEN_TRAINER_ERROR_SETTING), which lists what there is, where validation has
 * no such figure, or it is neither better nor worse by itself. */
GEN_API gboolean gen_objective_find (const GenRecipe *recipe, const GenMedium *medium,
    const char *name, GenObjective *objective, GError **error);
/* Whether it is a figure beside those that each validation of `recipe` has. */
GEN_API gboolean gen_objective_is_further (const GenObjective *objective);

G_END_DECLS
