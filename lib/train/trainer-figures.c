/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run of a step's graph reports, and whether that is something to go on with. */
#include "trainer-private.h"

#include <math.h>

/* Of the first `n` numbers, or the one that there is. */
static double
reduce (GenReportKind kind, const float *numbers, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += kind == GEN_REPORT_MEAN ? numbers[i] : numbers[i] > 0;
  return kind == GEN_REPORT_SHARE_NOT_ABOVE_ZERO ? 1 - sum / (double)n : sum / (double)n;
}

void
gen_trainer_read_figures (
    const GenStepGraph *built, GenPlan *plan, gsize n, double values[GEN_RECIPE_MAX_FIGURES])
{
  for (guint i = 0; i < GEN_RECIPE_MAX_FIGURES; i++)
    values[i] = NAN;
  for (guint i = 0; i < built->reports->len; i++) {
    const GenStepReport *report = &g_array_index (built->reports, GenStepReport, i);
    const GenBinding *output = gen_plan_output (plan, report->output);

    values[report->figure] =
        reduce (report->kind, output->data, MIN (n, output->size / sizeof (float)));
  }
}

void
gen_trainer_read_each (const GenStepGraph *built, GenPlan *plan, gsize n, gsize batch, float *each,
    gsize blocks[GEN_RECIPE_MAX_FIGURES])
{
  for (gsize i = 0; i < n * GEN_RECIPE_MAX_FIGURES; i++)
    each[i] = NAN;
  for (guint i = 0; i < built->reports->len; i++) {
    const GenStepReport *report = &g_array_index (built->reports, GenStepReport, i);
    const GenBinding *output = gen_plan_output (plan, report->output);
    const float *numbers = output->data;
    const gsize size = output->size / sizeof (float);
    const gboolean own = size == batch;

    blocks[report->figure] = own ? 1 : batch;
    for (gsize k = 0; k < n; k++)
      each[k * GEN_RECIPE_MAX_FIGURES + report->figure] =
          (float)(own ? reduce (report->kind, numbers + k, 1)
                      : reduce (report->kind, numbers, MIN (n, size)));
  }
}

/* The largest distance of a number from 0; NaN where one is none. */
static double
reach (const GenBinding *output)
{
  const float *numbers = output->data;
  double largest = 0;

  for (gsize i = 0; i < output->size / sizeof (float); i++) {
    if (isnan (numbers[i]))
      return NAN;
    largest = MAX (largest, fabs (numbers[i]));
  }
  return largest;
}

static gboolean
check_watched (const GenTrainer *trainer, const GenStepGraph *built, GenPlan *plan, GError **error)
{
  for (guint i = 0; i < built->watches->len; i++) {
    const GenStepWatch *watch = &g_array_index (built->watches, GenStepWatch, i);
    const double reached = reach (gen_plan_output (plan, watch->output));

    if (reached < GEN_TRAINER_SCORE_LIMIT)
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
        "training diverged at step %" G_GINT64_FORMAT
        ": %s reach %g, and from %d on float32 cannot tell one from the next; a smaller "
        "learning-rate than %g may help",
        trainer->step, watch->what, reached, GEN_TRAINER_SCORE_LIMIT,
        gen_trainer_get_learning_rate (trainer));
    return FALSE;
  }
  return TRUE;
}

static gboolean
refuse_figures (
    const GenTrainer *trainer, const GenStepGraph *built, const double *values, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < built->reports->len; i++) {
    const guint figure = g_array_index (built->reports, GenStepReport, i).figure;

    g_string_append_printf (all, "%s%s is %g", i > 0 ? ", " : "",
        trainer->settings.recipe->figures[figure].figure.field.name, values[figure]);
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
      "training diverged at step %" G_GINT64_FORMAT
      ": %s; a smaller learning-rate than %g may help",
      trainer->step, all->str, gen_trainer_get_learning_rate (trainer));
  return FALSE;
}

gboolean
gen_trainer_check_figures (const GenTrainer *trainer, const GenStepGraph *built, GenPlan *plan,
    const double values[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  for (guint i = 0; i < built->reports->len; i++)
    if (!isfinite (values[g_array_index (built->reports, GenStepReport, i).figure]))
      return refuse_figures (trainer, built, values, error);
  return check_watched (trainer, built, plan, error);
}
