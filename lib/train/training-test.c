/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-test.h"

#include <math.h>

#include "trainer-private.h"
#include "training-comparison.h"
#include "training-nets.h"

void
gen_training_test_init (GenTrainingTest *test, const GenTrainingSettings *settings)
{
  *test = (GenTrainingTest){ 0 };
  gen_training_validation_init (
      &test->samples, gen_validation_new_test (settings->trainer.seed), settings->test_samples);
  gen_validation_detail_init (&test->detail);
  gen_validation_detail_init (&test->best_detail);
  if (!gen_training_comparison_is_wanted (settings))
    return;
  test->last.detail = &test->detail;
  test->best.detail = &test->best_detail;
}

void
gen_training_test_clear (GenTrainingTest *test)
{
  gen_training_validation_clear (&test->samples);
  gen_validation_detail_clear (&test->detail);
  gen_validation_detail_clear (&test->best_detail);
  g_clear_pointer (&test->best_trainer, gen_trainer_free);
}

gboolean
gen_training_test_measure (
    GenTrainingTest *test, GenTrainer *trainer, GenTrainingTested *tested, GError **error)
{
  GenValidation *samples = gen_training_validation_wait (&test->samples);

  tested->step = gen_trainer_steps (trainer);
  tested->measured = samples != NULL && gen_validation_measure_detail (samples, trainer,
                                            &tested->figures, tested->detail, error);
  return samples == NULL || tested->measured;
}

gboolean
gen_training_test_measure_best (GenTrainingTest *test, GenTrainer *trainer,
    const GenTrainingSettings *settings, const GenTrainingEvents *events, const GenFormat *format,
    const GenTrainingProgress *progress, GError **error)
{
  g_autofree char *folder = g_build_filename (settings->checkpoint, GEN_CHECKPOINT_BEST, NULL);
  g_autoptr (GenTrainer) best = NULL;

  if (isnan (progress->best) || progress->best_step == gen_trainer_steps (trainer))
    return TRUE;
  best = gen_training_nets_load (settings, events, format, folder, error);
  if (best != NULL)
    gen_trainer_stop_by (best, trainer->stop);
  if (best == NULL || !gen_training_test_measure (test, best, &test->best, error))
    return FALSE;
  test->best.step = progress->best_step;
  g_clear_pointer (&test->best_trainer, gen_trainer_free);
  test->best_trainer = g_steal_pointer (&best);
  return TRUE;
}

/* --- for people to read --- */

static void
append_figure (GString *line, const char *name, double value, const char *unit)
{
  g_autofree char *words = g_strdelimit (g_strdup (name), "-", ' ');

  if (!isnan (value))
    g_string_append_printf (line, ", %s %.4g%s", words, value, unit != NULL ? unit : "");
}

static void
append_figures (GString *line, const GenRecipe *recipe, const GenValidationFigures *figures)
{
  const gsize begin = line->len;

  if (figures->compared) {
    append_figure (line, "Frechet distance", figures->frechet, NULL);
    append_figure (line, "diversity", figures->diversity, NULL);
    if (figures->further != NULL)
      append_figure (line, figures->further, figures->further_figure, NULL);
  }
  for (guint i = 0; i < recipe->n_figures; i++)
    if (recipe->figures[i].validation != NULL)
      append_figure (line, recipe->figures[i].figure.field.name, figures->values[i],
          recipe->figures[i].figure.after);
  if (line->len > begin)
    g_string_erase (line, (gssize)begin, 1); /* the first one follows no other */
}

char *
gen_training_test_to_line (
    const GenTrainingTest *test, const GenRecipe *recipe, const char *samples)
{
  GString *line = g_string_new (NULL);

  g_string_printf (line,
      "test: of %" G_GUINT64_FORMAT " %s the nets of step %" G_GUINT64_FORMAT " have",
      test->last.figures.samples, samples, test->last.step);
  append_figures (line, recipe, &test->last.figures);
  if (test->best.measured) {
    g_string_append_printf (line,
        "; those of the best validation, of step %" G_GUINT64_FORMAT ", have", test->best.step);
    append_figures (line, recipe, &test->best.figures);
  }
  return g_string_free (line, FALSE);
}

/* --- for programs to read --- */

static void
add_figure (JsonObject *object, const char *name, double value)
{
  if (isfinite (value))
    json_object_set_double_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}

JsonObject *
gen_training_describe_figures (
    const GenRecipe *recipe, guint64 step, const char *split, const GenValidationFigures *figures)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "step", (gint64)step);
  if (figures == NULL)
    return object;
  json_object_set_string_member (object, "split", split);
  json_object_set_int_member (object, "samples", (gint64)figures->samples);
  if (figures->compared) {
    json_object_set_string_member (object, "features", figures->features);
    add_figure (object, "frechet", figures->frechet);
    add_figure (object, "diversity", figures->diversity);
    if (figures->further != NULL)
      add_figure (object, figures->further, figures->further_figure);
  }
  for (guint i = 0; i < recipe->n_figures; i++)
    if (recipe->figures[i].validation != NULL &&
        (!recipe->figures[i].attacked || !isnan (figures->values[i])))
      add_figure (object, recipe->figures[i].figure.field.name, figures->values[i]);
  return object;
}

static void
add_tested (
    JsonObject *object, const char *name, const GenTrainingTested *tested, const GenRecipe *recipe)
{
  if (tested->measured)
    json_object_set_object_member (object, name,
        gen_training_describe_figures (recipe, tested->step, "test", &tested->figures));
}

JsonObject *
gen_training_test_describe (const GenTrainingTest *test, const GenRecipe *recipe)
{
  JsonObject *object = json_object_new ();

  add_tested (object, "last", &test->last, recipe);
  add_tested (object, "best", &test->best, recipe);
  return object;
}
