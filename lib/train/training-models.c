/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement of a training without one: the nets that a folder has, as they are, by samples to
 * test by. Nothing is trained, locked or written. */
#include "training-private.h"

#include "training-classes.h"
#include "training-continual.h"
#include "training-nets.h"
#include "training-verdict.h"

GenTraining *
gen_training_new_test (const GenTrainingSettings *settings, const GenTrainingCallbacks *callbacks,
    gpointer data, GError **error)
{
  g_autoptr (GenTraining) training = gen_training_new_empty (settings, callbacks, data);

  gen_training_continual_take_off (&training->settings);
  return gen_training_nets_resolve (&training->settings, &training->events, error) &&
                 gen_training_find_objective (training, NULL, error)
             ? g_steal_pointer (&training)
             : NULL;
}

gboolean
gen_training_open_models (
    GenTraining *training, const char *folder, const GenFormat *format, GError **error)
{
  training->format = *format;
  training->trainer = gen_training_nets_load (
      &training->settings, &training->events, &training->format, folder, error);
  if (training->trainer == NULL)
    return FALSE;
  gen_training_classes_find (training);
  gen_training_classes_judge (training);
  if (training->format.length == 0)
    training->format.length = gen_trainer_format (training->trainer).length;
  return TRUE;
}

gboolean
gen_training_test (GenTraining *training, guint64 step, GError **error)
{
  GenTrainingTested *tested = &training->test.last;
  g_autofree char *line = NULL;

  if (!gen_training_test_measure (&training->test, training->trainer, tested, error))
    return FALSE;
  if (!tested->measured)
    return TRUE;
  training->report.settings = &training->settings;
  training->report.objective = &training->objective;
  training->report.events = &training->events;
  tested->step = step;
  gen_training_report_test (&training->report, &tested->figures, step, FALSE);
  line = gen_training_test_to_line (
      &training->test, training->settings.trainer.recipe, training->format.medium->plural);
  gen_training_tell (&training->events, "%s", line);
  return TRUE;
}

/* --- against others --- */

/* What the nets in the folder `other` have of the same samples. */
static gboolean
measure_other (GenTraining *training, const char *other, GenTrainingTested *tested, GError **error)
{
  g_autoptr (GenTrainer) trainer = gen_training_nets_load (
      &training->settings, &training->events, &training->format, other, error);

  g_autofree int *classes = NULL;
  GenValidation *samples;
  gboolean measured;
  int n;

  if (trainer == NULL)
    return FALSE;
  gen_trainer_stop_by (trainer, &training->stopping);
  samples = gen_training_validation_wait (&training->test.samples);
  if (samples == NULL)
    return TRUE;
  classes = gen_training_classes_of_other (training->trainer, trainer, &n);
  gen_validation_map_classes (samples, classes, (guint)n);
  measured = gen_training_test_measure (&training->test, trainer, tested, error);
  gen_validation_map_classes (samples, NULL, 0);
  if (!measured)
    g_prefix_error (error, "%s: ", other);
  return measured;
}

static void
tell_against (GenTraining *training, const char *other, const GenTrainingTested *before,
    const GArray *verdicts)
{
  const GenTrainingTested *after = &training->test.last;
  const GenJudged judged = { &training->objective, NULL, after->step, after->figures.samples };
  const GenFigureVerdict *verdict = gen_training_verdict_of (verdicts, training->objective.name);
  g_autofree char *words =
      verdict != NULL ? gen_training_verdict_to_text (verdict, judged.samples) : NULL;

  gen_training_tell (&training->events, "%s is %.4g, and that of the nets in '%s' %.4g%s%s",
      training->objective.name, after->figures.best, other, before->figures.best,
      words != NULL ? ": " : "", words != NULL ? words : "");
  gen_training_verdict_tell (verdicts, &judged, &training->events);
}

gboolean
gen_training_test_against (GenTraining *training, const char *other, guint64 step, GError **error)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenRecipe *recipe = settings->trainer.recipe;
  g_auto (GenValidationDetail) detail = { 0 };
  GenTrainingTested before = { .detail = &detail };
  GenTrainingTested *after = &training->test.last;
  g_autoptr (JsonObject) was = NULL, is = NULL;
  g_autoptr (GArray) verdicts = NULL;

  gen_validation_detail_init (&detail);
  after->detail = &training->test.detail;
  if (!measure_other (training, other, &before, error) ||
      !gen_training_test (training, step, error))
    return FALSE;
  if (!before.measured || !after->measured)
    return TRUE;
  was = gen_training_describe_figures (recipe, 0, "test", &before.figures);
  is = gen_training_describe_figures (recipe, step, "test", &after->figures);
  verdicts = gen_training_verdict_find (recipe, &training->objective, settings->trainer.seed,
      &(GenFigureDetail){ was, &detail }, &(GenFigureDetail){ is, after->detail });
  tell_against (training, other, &before, verdicts);
  return TRUE;
}
