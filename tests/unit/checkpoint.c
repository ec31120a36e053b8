/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints: whose a folder is, what may not be written or read, and what an earlier training
 * leaves. */
#include <generative/checkpoint.h>

#include <string.h>
#include <unistd.h>

#include "../scratch.h"
#include "../small-nets.h"

static void
make_step (GenTrainer *trainer)
{
  float pictures[SMALL_BATCH * SMALL_EXTENT * SMALL_EXTENT];
  GenRandom random = gen_random_new (3, "test", 0);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  gen_random_uniform (&random, 0, 0, pictures, G_N_ELEMENTS (pictures));
  g_assert_true (gen_trainer_step (trainer, pictures, NULL, &figures, &error));
}

static void
save (GenTrainer *trainer, const char *folder, const GenTrainingProgress *progress)
{
  g_autoptr (GError) error = NULL;

  gen_checkpoint_save (trainer, folder, NULL, progress, &error);
  g_assert_no_error (error);
}

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* One at a time, within a process too; whoever comes second is told whose it is, and nothing is
 * left of a lock that was given back. */
static void
test_lock (void)
{
  g_autofree char *scratch = scratch_new ();
  g_autofree char *folder = g_build_filename (scratch, "new", "folder", NULL);
  g_autofree char *process = g_strdup_printf ("process %d", (int)getpid ());

  for (int round = 0; round < 3; round++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenCheckpointLock) lock = gen_checkpoint_lock (folder, &error);
    g_autoptr (GDir) dir = NULL;

    g_assert_no_error (error);
    g_assert_null (gen_checkpoint_lock (folder, &error));
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN);
    g_assert_nonnull (strstr (error->message, folder));
    g_assert_nonnull (strstr (error->message, process));
    g_clear_pointer (&lock, gen_checkpoint_unlock);
    dir = g_dir_open (folder, 0, NULL);
    g_assert_null (g_dir_read_name (dir));
  }
  scratch_remove (scratch);
}

/* The lock of a process that is no more is nobody's, and what it left half-written goes. */
static void
test_left_over (void)
{
  static const char *const left[] = { ".lock", ".state.safetensors.00000001.tmp",
    ".generator.onnx.00000002.tmp", "best/.ema.onnx.00000003.tmp" };
  static const char *const kept[] = { "generator.onnx", ".mine.00000001.tmp" };
  g_autofree char *folder = scratch_new (), *best = g_build_filename (folder, "best", NULL);
  g_autoptr (GenCheckpointLock) lock = NULL;

  g_assert_cmpint (g_mkdir (best, 0777), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (left) + G_N_ELEMENTS (kept); i++) {
    g_autofree char *path = g_build_filename (
        folder, i < G_N_ELEMENTS (left) ? left[i] : kept[i - G_N_ELEMENTS (left)], NULL);

    g_assert_true (g_file_set_contents (path, "process 1 on nowhere", -1, NULL));
  }
  lock = gen_checkpoint_lock (folder, NULL);
  g_assert_nonnull (lock);
  g_clear_pointer (&lock, gen_checkpoint_unlock);
  for (guint i = 0; i < G_N_ELEMENTS (left); i++)
    g_assert_false (exists (folder, left[i]));
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    g_assert_true (exists (folder, kept[i]));
  scratch_remove (folder);
}

static void
test_find (void)
{
  static const char *const names[] = { "state.safetensors", "generator.onnx", "discriminator.onnx",
    "ema.onnx", "training.json", "best/generator.onnx" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, names[i], NULL);
    g_autofree char *parent = g_path_get_dirname (path);

    g_assert_null (gen_checkpoint_find (folder));
    g_mkdir_with_parents (parent, 0777);
    g_assert_true (g_file_set_contents (path, "x", 1, NULL));
    g_assert_nonnull (gen_checkpoint_find (folder));
    g_assert_true (gen_checkpoint_exists (folder) == (i == 0));
    scratch_remove (folder);
  }
}

/* Settings that differ are named as somebody would write them; equal ones, and those that either
 * side does not have, are not. */
static void
test_changes (void)
{
  g_autofree char *folder = scratch_new (), *changes = NULL;
  g_autoptr (GenTrainer) trainer = small_trainer (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS });
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  g_autoptr (GVariant) was =
      g_variant_ref_sink (g_variant_new_parsed ("{'rate': <2e-4>, 'tiny': <1e-12>, 'whole': <1.0>, "
                                                "'size': <128>, 'loss': <'hinge'>, 'old': <1>}"));
  g_autoptr (GVariant) is =
      g_variant_ref_sink (g_variant_new_parsed ("{'rate': <1e-3>, 'tiny': <1e-12>, 'whole': <1.0>, "
                                                "'size': <64>, 'loss': <'hinge'>, 'new': <1>}"));

  g_assert_null (gen_checkpoint_changes (folder, is));
  g_assert_true (gen_checkpoint_save (trainer, folder, was, &progress, NULL));
  g_assert_null (gen_checkpoint_changes (folder, was));
  changes = gen_checkpoint_changes (folder, is);
  g_assert_cmpstr (changes, ==, "rate is 0.001 and was 0.0002, size is 64 and was 128");
  scratch_remove (folder);
}

/* Weights that are no numbers, or that make scores without sense, are written nowhere: what was
 * there stays. */
static void
test_diverged (void)
{
  g_autofree char *folder = scratch_new (), *path = NULL, *before = NULL, *after = NULL;
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  gsize size, size_after;

  path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  for (int round = 0; round < 2; round++) {
    g_autoptr (GenTrainer) trainer = small_trainer (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS });
    g_autoptr (GError) error = NULL;
    const GenBinding *weight;

    save (trainer, folder, &progress);
    g_free (before);
    g_assert_true (g_file_get_contents (path, &before, &size, NULL));
    weight = gen_trainer_weight (trainer, gen_trainer_n_weights (trainer) - 1);
    for (guint i = 0; i < gen_trainer_n_weights (trainer); i++)
      if (g_str_has_suffix (gen_trainer_weight (trainer, i)->name, "last"))
        weight = gen_trainer_weight (trainer, i);
    for (gsize i = 0; i < weight->size / sizeof (float); i++)
      ((float *)weight->data)[i] = round == 0 ? NAN : 1e12f;
    gen_trainer_states_changed (trainer);
    g_assert_false (gen_checkpoint_save (trainer, folder, NULL, &progress, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
    g_free (after);
    g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
    g_assert_cmpmem (before, size, after, size_after);
  }
  scratch_remove (folder);
}

static void
expect_refused (const GenTrainerSettings *settings, const char *folder, const char *word)
{
  g_autoptr (GenTrainer) trainer = small_trainer (settings);
  GenTrainingProgress progress;
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_checkpoint_load (trainer, folder, &progress, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_cmpuint (gen_trainer_steps (trainer), ==, 0);
}

/* Nothing that was learned is dropped on the way, and nothing that is no number is taken. */
static void
test_refused (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  g_autofree char *data = NULL;
  GenTrainerSettings averaged = { GEN_TRAINER_DEFAULTS, .ema = 0.9 };
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  g_autoptr (GenTrainer) trainer = small_trainer (&averaged);
  gsize size;

  make_step (trainer);
  save (trainer, folder, &progress);
  expect_refused (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS }, folder, "ema");
  expect_refused (
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .ema = 0.9, .optimizer = &gen_optimizer_sgd },
      folder, "optimizer");

  /* The last four bytes are a float's. */
  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  memset (data + size - 4, 0xff, 4);
  g_assert_true (g_file_set_contents (path, data, size, NULL));
  expect_refused (&averaged, folder, "no numbers");
  scratch_remove (folder);
}

/* A training that is begun anew leaves nothing of the earlier one beside its own models. */
static void
test_rest (void)
{
  g_autofree char *folder = scratch_new (), *best = g_build_filename (folder, "best", NULL);
  g_autoptr (GenTrainer) averaged =
      small_trainer (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .ema = 0.9 });
  g_autoptr (GenTrainer) plain = small_trainer (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS });
  GenTrainingProgress validated = { .best = 0.5 };
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;

  save (averaged, folder, &validated);
  g_assert_true (gen_checkpoint_save_models (averaged, best, NULL));
  gen_checkpoint_remove_rest (averaged, folder, &validated);
  g_assert_true (exists (folder, "ema.onnx"));
  g_assert_true (exists (folder, "best/ema.onnx"));

  save (plain, folder, &validated);
  gen_checkpoint_remove_rest (plain, folder, &validated);
  g_assert_false (exists (folder, "ema.onnx"));
  g_assert_false (exists (folder, "best/ema.onnx"));
  g_assert_true (exists (folder, "best/generator.onnx"));

  gen_checkpoint_remove_rest (plain, folder, &progress);
  g_assert_false (exists (folder, "best"));
  g_assert_true (exists (folder, "generator.onnx"));
  scratch_remove (folder);
}

/* A distance that is no number is never the best, which would make every later one the best. */
static void
test_note (void)
{
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;

  g_assert_false (gen_training_progress_note (&progress, 1, NAN));
  g_assert_true (gen_training_progress_note (&progress, 2, 0.5));
  g_assert_false (gen_training_progress_note (&progress, 3, NAN));
  g_assert_false (gen_training_progress_note (&progress, 4, 0.5));
  g_assert_cmpuint (progress.best_step, ==, 2);
  g_assert_cmpuint (progress.stale, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checkpoint/lock", test_lock);
  g_test_add_func ("/checkpoint/left-over", test_left_over);
  g_test_add_func ("/checkpoint/find", test_find);
  g_test_add_func ("/checkpoint/changes", test_changes);
  g_test_add_func ("/checkpoint/diverged", test_diverged);
  g_test_add_func ("/checkpoint/refused", test_refused);
  g_test_add_func ("/checkpoint/rest", test_rest);
  g_test_add_func ("/checkpoint/note", test_note);
  return g_test_run ();
}
