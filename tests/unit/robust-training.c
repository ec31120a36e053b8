/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A training whose best nets are those that are right most often under attack. */
#include "../scratch.h"
#include "continual.h"

/* What each validation has found. */
typedef struct {
  Run run; /* first: callbacks of trainings take it */
  GArray *robust;
  GArray *best; /* gboolean */
} Robust;

static gboolean
validates (gpointer data)
{
  return TRUE;
}

static void
validated (const GenFigures *figures, gboolean best, gpointer data)
{
  Robust *robust = data;

  for (guint i = 0; i < figures->n; i++)
    if (g_strcmp0 (figures->figures[i].field.name, "robust-accuracy-on-validation") == 0)
      g_array_append_val (robust->robust, figures->values[i]);
  g_array_append_val (robust->best, best);
}

static const GenTrainingCallbacks judged = {
  .stepped = stepped,
  .told = told,
  .warned = problem,
  .failed = problem,
  .validates = validates,
  .validated = validated,
};

static gboolean
open_judged (Robust *robust, GError **error)
{
  Run *run = &robust->run;
  g_auto (GenSample) sample = { 0 };

  run->training = gen_training_new (&run->settings, &judged, robust, error);
  if (run->training == NULL)
    return FALSE;
  gen_training_set_classes (run->training, run->n_classes);
  gen_sample_init (&sample, &format);
  for (int i = 0; i < 40; i++) {
    fill_picture (&sample, i % 2, 10000 + (guint64)i);
    gen_training_add_validation (run->training, &sample, i % 2);
  }
  gen_training_end_validation (run->training);
  return gen_training_open (run->training, &format, error);
}

static void
test_best (void)
{
  g_autofree char *folder = scratch_new (), *checkpoint = g_build_filename (folder, "run", NULL);
  Robust robust = { .robust = g_array_new (FALSE, FALSE, sizeof (double)),
    .best = g_array_new (FALSE, FALSE, sizeof (gboolean)) };
  GenTrainingSettings *settings = &robust.run.settings;
  g_autoptr (GError) error = NULL;
  double most = -1;
  GThread *thread;

  run_init (&robust.run, checkpoint);
  settings->validation_metric = g_strdup ("robust-accuracy");
  settings->validation_interval = 4;
  settings->early_stopping = 3;
  settings->max_steps = 200;
  g_assert_false (open_judged (&robust, &error));
  g_assert_nonnull (strstr (error->message, "validation-metric: robust-accuracy is of samples"));
  g_clear_error (&error);
  settings->trainer.attack = &gen_attack_pgd;
  settings->trainer.attack_epsilon = 0.1;
  settings->trainer.attack_steps = 2;
  open_judged (&robust, &error);
  g_assert_no_error (error);
  thread = g_thread_new ("give", give_samples, &robust.run);
  g_assert_cmpint (gen_training_run (robust.run.training), ==, GEN_TRAINING_DONE);
  g_thread_join (thread);
  g_clear_pointer (&robust.run.training, gen_training_free);
  /* It has learned something, the best are those, and three in a row that were not end it. */
  g_assert_cmpuint (robust.robust->len, ==, robust.best->len);
  for (guint i = 0, stale = 0; i < robust.best->len; i++) {
    const double now = g_array_index (robust.robust, double, i);

    g_assert_cmpint (g_array_index (robust.best, gboolean, i), ==, now > most);
    stale = now > most ? 0 : stale + 1;
    most = MAX (most, now);
    g_assert_true ((stale == 3) == (i + 1 == robust.best->len));
  }
  g_assert_cmpfloat (most, >, 0.9);
  g_array_unref (robust.robust);
  g_array_unref (robust.best);
  run_clear (&robust.run);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/robust-training/best", test_best);
  return g_test_run ();
}
