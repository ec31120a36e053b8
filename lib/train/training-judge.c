/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nets are judged by that is not trained on: validation on the way, which the best are chosen
 * by, the test at the end, and the comparison of both ends. */
#include "training-private.h"

#include "training-comparison.h"
#include "training-members.h"

/* --- validation --- */

gboolean
gen_training_add_validation (GenTraining *training, const GenSample *sample, int label)
{
  return gen_training_leads (training) &&
         gen_training_validation_add (&training->validation, sample, label);
}

void
gen_training_break_validation (GenTraining *training)
{
  gen_validation_break (training->validation.validation);
}

void
gen_training_end_validation (GenTraining *training)
{
  gen_training_validation_end (&training->validation);
}

gboolean
gen_training_validate (GenTraining *training)
{
  const guint64 step = gen_trainer_steps (training->trainer);
  const GenTrainingProgress before = training->progress;
  GenTrainingReport *report = &training->report;
  g_autoptr (GError) error = NULL;
  GenValidation *validation;
  gboolean best;

  if (!gen_training_validates (training) || report->validated_step == step)
    return TRUE;
  validation = gen_training_validation_wait (&training->validation);
  if (validation == NULL)
    return TRUE;
  if (!gen_validation_measure (validation, training->trainer, &report->validated, &error)) {
    if (gen_training_was_stopped (error))
      return TRUE;
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_VALIDATION, "%s", error->message);
    return FALSE;
  }
  if (report->validated_step == G_MAXUINT64 && report->validated.doubt != NULL)
    gen_training_warn (&training->events, GEN_TRAINING_ERROR_VALIDATION, "validation: frechet: %s",
        report->validated.doubt);
  report->validated_step = step;
  training->folder.unsaved = TRUE; /* how it compares with the best */
  training->progress.validated_step = step;
  best = gen_training_progress_note (&training->progress, step, report->validated.best);
  if (!best && training->progress.stale % training->settings.rate.patience == 0)
    training->progress.plateaus++;
  gen_training_report_validation (report, best);
  return !best || gen_training_folder_save_best (
                      &training->folder, training->trainer, &training->progress, &before);
}

/* --- the judgement at the end --- */

gboolean
gen_training_add_test (GenTraining *training, const GenSample *sample, int label)
{
  return gen_training_leads (training) &&
         gen_training_validation_add (&training->test.samples, sample, label);
}

void
gen_training_break_test (GenTraining *training)
{
  gen_validation_break (training->test.samples.validation);
}

void
gen_training_end_test (GenTraining *training)
{
  gen_training_validation_end (&training->test.samples);
}

/* Tell what has been measured, and have the checkpoint tell it. */
static void
report_test (GenTraining *training)
{
  const GenRecipe *recipe = training->settings.trainer.recipe;
  GenTrainingTest *test = &training->test;
  g_autoptr (JsonObject) described = gen_training_test_describe (test, recipe);
  g_autofree char *line = gen_training_test_to_line (test, recipe, training->format.medium->plural);
  g_autoptr (GError) error = NULL;

  gen_training_report_test (&training->report, &test->last.figures, test->last.step, FALSE);
  if (test->best.measured)
    gen_training_report_test (&training->report, &test->best.figures, test->best.step, TRUE);
  if (!gen_training_folder_save_test (
          &training->folder, training->trainer, &training->progress, described, &error))
    gen_training_warn (
        &training->events, GEN_TRAINING_ERROR_WRITE, "checkpoint: %s", error->message);
  gen_training_tell (&training->events, "%s", line);
}

/* Test the nets as they are, and `at_end` as the best validation found them. FALSE when that
 * failed. */
static gboolean
test_nets (GenTraining *training, gboolean at_end)
{
  GenTrainingTest *test = &training->test;
  g_autoptr (GError) error = NULL;

  if (!gen_training_tests (training))
    return TRUE;
  if (!gen_training_test_measure (test, training->trainer, &test->last, &error) ||
      (at_end && !gen_training_test_measure_best (test, training->trainer, &training->settings,
                     &training->events, &training->format, &training->progress, &error))) {
    if (gen_training_was_stopped (error))
      return TRUE;
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_TEST, "%s", error->message);
    return FALSE;
  }
  if (at_end && test->last.measured)
    report_test (training);
  return TRUE;
}

gboolean
gen_training_judge (GenTraining *training)
{
  return test_nets (training, TRUE);
}

/* --- before and after --- */

/* What is compared: of samples, as many as the first batch had. */
static GenTrainingMoment
find_moment (const GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenRecipe *recipe = settings->trainer.recipe;
  const GenTrainingReport *report = &training->report;
  const GenTrainingTest *test = &training->test;
  GenTrainingMoment moment = { .settings = settings,
    .objective = &training->objective,
    .trainer = training->trainer,
    .shown = training->shown,
    .columns = gen_training_wall_columns (training),
    .rows = settings->preview_rows };

  if (test->last.measured) {
    moment.figures = &test->last.figures;
    moment.detail = test->last.detail;
    moment.split = "test";
    moment.best = test->best.measured ? &test->best.figures : NULL;
    moment.best_step = test->best.step;
    moment.best_trainer = test->best_trainer;
    moment.best_detail = test->best.detail;
  } else if (report->validated_step == gen_trainer_steps (training->trainer)) {
    moment.figures = &report->validated;
    moment.split = "validation";
  }
  if (recipe->made_of == GEN_MADE_OF_SAMPLES) {
    const int n = (int)MIN (training->shown_from_data, (gsize)settings->trainer.batch_size);

    moment.columns = MIN (moment.columns, n * (int)recipe->n_shown);
    moment.rows = CLAMP (n * (int)recipe->n_shown / MAX (moment.columns, 1), 1, moment.rows);
  }
  return moment;
}

static void
tell_comparison_failure (GenTraining *training, const GError *error)
{
  if (!gen_training_was_stopped (error))
    gen_training_warn (
        &training->events, GEN_TRAINING_ERROR_WRITE, "comparison: %s", error->message);
}

gboolean
gen_training_compare_before (GenTraining *training)
{
  g_autoptr (GError) error = NULL;
  GenTrainingMoment before;

  if (gen_trainer_steps (training->trainer) > 0 ||
      !gen_training_comparison_is_wanted (&training->settings))
    return TRUE;
  if (!gen_training_validate (training) || !test_nets (training, FALSE))
    return FALSE;
  before = find_moment (training);
  if (!gen_training_comparison_begin (&before, &error))
    tell_comparison_failure (training, error);
  return TRUE;
}

void
gen_training_compare_after (GenTraining *training)
{
  const GenTrainingMoment after = find_moment (training);
  g_autoptr (GError) error = NULL;

  if (gen_training_comparison_is_wanted (&training->settings) &&
      !gen_training_comparison_end (&after, &training->events, &error))
    tell_comparison_failure (training, error);
}
