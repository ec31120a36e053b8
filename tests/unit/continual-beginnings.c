/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What trainings that follow others begin with: which weights, that these are still the same when
 * they go on, and what they are judged by before their nets are there. */
#include <generative/adapter-file.h>
#include <generative/onnx.h>

#include "../scratch.h"
#include "continual.h"

#define N_TESTED 20

/* What it is held to is read again, and has to be what it was. */
static void
test_other_weights (void)
{
  for (int i = 0; i < 2; i++) {
    g_autofree char *folder = scratch_new (), *first = learn_first (folder);
    g_auto (Run) second, again, other;
    g_autoptr (GError) error = NULL;

    follow_init (&second, folder, "second", first);
    second.settings.max_steps = 4;
    second.settings.trainer.retention = &gen_retention_l2_sp;
    train (&second);
    run_init (&again, first);
    if (i == 0)
      again.settings.overwrite = TRUE;
    else
      again.settings.resume = TRUE;
    again.settings.trainer.seed = 7;
    again.settings.memory_samples = 16;
    again.settings.max_steps = i == 0 ? 3 : STEPS + 1;
    train (&again);
    follow_init (&other, folder, "second", first);
    other.settings.resume = TRUE;
    other.settings.max_steps = 8;
    other.settings.trainer.retention = &gen_retention_l2_sp;
    g_assert_false (open_training (&other, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE);
    g_assert_nonnull (strstr (error->message, "began with other models"));
    g_clear_pointer (&other.training, gen_training_free);
    scratch_remove (folder);
  }
}

/* --- which weights --- */

/* What an adapter says that it is beside, which is a model of `folder` called `name`. */
static void
assert_base (const char *adapted, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (adapted, "classifier.adapter.safetensors", NULL);
  g_autofree char *model = g_build_filename (folder, name, NULL), *hash = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAdapterFile) file = gen_adapter_file_load (path, &error);
  g_autoptr (GenGraph) graph = NULL;

  g_assert_no_error (error);
  graph = gen_onnx_load (model, &error);
  g_assert_no_error (error);
  hash = gen_adapter_hash (graph);
  g_assert_cmpstr (gen_adapter_file_metadata (file, "base-sha256"), ==, hash);
}

static void
test_average (void)
{
  g_autofree char *folder = scratch_new (), *first = g_build_filename (folder, "first", NULL);
  g_autofree char *bare = g_build_filename (folder, "bare", NULL);
  g_auto (Run) one, without, none;

  run_init (&one, first);
  one.settings.trainer.ema = 0.9;
  one.settings.max_steps = 4;
  train (&one);
  for (int average = 0; average < 2; average++) {
    g_auto (Run) run;

    follow_init (&run, folder, average ? "average" : "last", first);
    run.settings.keep_classes = FALSE;
    run.first = 0;
    run.settings.weights_average = average;
    run.settings.trainer.adapter = &gen_adapter_lora;
    run.settings.max_steps = 2;
    train (&run);
    assert_base (run.settings.checkpoint, first, average ? "ema.onnx" : "classifier.onnx");
    g_assert_true ((strstr (run.told->str, "first/ema.onnx'") != NULL) == average);
  }
  run_init (&without, bare);
  without.settings.max_steps = 1;
  train (&without);
  follow_init (&none, folder, "refused", bare);
  none.settings.weights_average = TRUE;
  assert_refused (&none, "has no ema.onnx");
  g_free (none.settings.weights);
  none.settings.weights = g_build_filename (bare, "classifier.onnx", NULL);
  assert_refused (&none, "weights must name the folder");
  scratch_remove (folder);
}

/* --- what it is judged by --- */

static gboolean
validates (gpointer data)
{
  return TRUE;
}

static void
validated (const GenFigures *figures, gboolean best, gpointer data)
{
  for (guint i = 0; i < figures->n; i++)
    if (g_strcmp0 (figures->figures[i].field.name, "accuracy-on-validation") == 0)
      ((Run *)data)->accuracy = figures->values[i];
}

/* Samples to validate by come before the nets, and so before it is known which numbers of theirs
 * the classes of the data have. */
static void
test_judged_early (void)
{
  static const char *const before[] = { "left", "right", NULL };
  static const char *const now[] = { "below", "left", NULL };
  static const GenTrainingCallbacks judged = { .stepped = stepped,
    .told = told,
    .warned = problem,
    .failed = problem,
    .validates = validates,
    .validated = validated };
  g_autofree char *folder = scratch_new (), *first = g_build_filename (folder, "first", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GenSample) sample = { 0 };
  g_auto (Run) one, other;
  GThread *thread;

  run_init (&one, first);
  one.names = before;
  one.settings.max_steps = 2;
  train (&one);
  follow_init (&other, folder, "other", first);
  other.names = now;
  other.first = 0;
  other.training = gen_training_new (&other.settings, &judged, &other, &error);
  g_assert_no_error (error);
  gen_training_set_classes (other.training, 2);
  gen_training_name_classes (other.training, now);
  gen_sample_init (&sample, &format);
  for (int i = 0; i < N_TESTED; i++) {
    fill_picture (&sample, i % 2, 10000 + (guint64)i);
    g_assert_true (gen_training_add_validation (other.training, &sample, i % 2));
  }
  gen_training_end_validation (other.training);
  g_assert_true (gen_training_open (other.training, &format, &error));
  thread = g_thread_new ("give", give_samples, &other);
  g_assert_cmpint (gen_training_run (other.training), ==, GEN_TRAINING_DONE);
  g_thread_join (thread);
  g_clear_pointer (&other.training, gen_training_free);
  g_assert_cmpfloat (other.accuracy, ==, 1);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/continual-beginnings/other-weights", test_other_weights);
  g_test_add_func ("/continual-beginnings/average", test_average);
  g_test_add_func ("/continual-beginnings/judged-early", test_judged_early);
  return g_test_run ();
}
