/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the nets of a training are better or worse by. */
#include "training-private.h"

#include <math.h>
#include <string.h>

/* Of samples under attack nothing is measured where no attack is said. */
static gboolean
is_measured (const GenTrainingSettings *settings, const GenObjective *objective, GError **error)
{
  const GenRecipe *recipe = settings->trainer.recipe;

  if (objective->figure < 0 || !recipe->figures[objective->figure].attacked ||
      settings->trainer.attack != &gen_attack_none)
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "validation-metric: %s is of samples that are attacked; attack says how, as attack=pgd does",
      objective->name);
  return FALSE;
}

gboolean
gen_training_find_objective (GenTraining *training, const GenMedium *medium, GError **error)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenRecipe *recipe = settings->trainer.recipe;
  g_autoptr (GError) failure = NULL;

  if (!gen_objective_find (
          recipe, medium, settings->validation_metric, &training->objective, &failure)) {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING, "validation-metric: %s",
        failure->message);
    return FALSE;
  }
  if (!is_measured (settings, &training->objective, error))
    return FALSE;
  gen_validation_set_objective (training->validation.validation, &training->objective);
  gen_validation_set_objective (training->test.samples.validation, &training->objective);
  return TRUE;
}

void
gen_training_take_objective (GenTraining *training)
{
  GenTrainingProgress *progress = &training->progress;
  const GenObjective *objective = &training->objective;
  const char *before = progress->figure != NULL
                           ? progress->figure
                           : gen_recipe_best (training->settings.trainer.recipe);

  if (!isnan (progress->best) && strcmp (before, objective->name) != 0) {
    gen_training_tell (&training->events,
        "resume: the best nets are looked for anew, by %s: those of the checkpoint, of step "
        "%" G_GUINT64_FORMAT ", were the best by %s",
        objective->name, progress->best_step, before);
    progress->best = NAN;
    progress->best_step = 0;
    progress->stale = 0;
  }
  progress->figure = g_intern_string (objective->name);
  progress->better = objective->better;
}
