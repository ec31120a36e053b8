/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings that follow each other: what is forgotten and what is kept, also where one is
 * interrupted. */
#include <generative/importance.h>
#include <generative/model.h>
#include <generative/onnx.h>
#include <glib/gstdio.h>

#include "../../lib/train/sample-memory.h"
#include "../scratch.h"
#include "continual.h"

#define N_TESTED 20

/* Of samples of classes `from` and `from` + 1, the share that the model in `folder` knows. */
static double
test_classes (const char *folder, int from)
{
  g_autofree char *path = g_build_filename (folder, "classifier.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);
  g_autoptr (GenPlan) plan = NULL;
  g_auto (GenSample) sample = { 0 };
  int n_right = 0;

  g_assert_no_error (error);
  gen_graph_set_input_shape (
      graph, g_ptr_array_index (graph->inputs, 0), &GEN_SHAPE (1, 1, EXTENT, EXTENT), &error);
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  gen_sample_init (&sample, &format);
  for (int i = 0; i < N_TESTED; i++) {
    const float *scores;
    int best = 0;

    fill_picture (&sample, from + i % 2, 10000 + (guint64)i);
    sample.medium->to_numbers (&sample, -1, 1, gen_plan_input (plan, 0)->data);
    g_assert_true (gen_plan_run (plan, NULL));
    scores = gen_plan_output (plan, 0)->data;
    for (gint64 k = 1; k < gen_plan_output (plan, 0)->shape.dims[1]; k++)
      if (scores[k] > scores[best])
        best = (int)k;
    n_right += best == from + i % 2;
  }
  return (double)n_right / N_TESTED;
}

static void
test_forgetting (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);
  g_auto (Run) naive, replayed, held;

  g_assert_cmpfloat (test_classes (first, 0), ==, 1);
  follow_init (&naive, folder, "naive", first);
  g_assert_cmpint (train (&naive), ==, GEN_TRAINING_DONE);
  g_assert_nonnull (strstr (naive.told->str, "knows 2 classes besides the 2 of before"));
  g_assert_cmpfloat (test_classes (naive.settings.checkpoint, 2), >, 0.9);
  g_assert_cmpfloat (test_classes (naive.settings.checkpoint, 0), <, 0.3);
  follow_init (&replayed, folder, "replayed", first);
  replayed.settings.replay = 1;
  g_assert_cmpint (train (&replayed), ==, GEN_TRAINING_DONE);
  g_assert_cmpfloat (test_classes (replayed.settings.checkpoint, 2), >, 0.9);
  g_assert_cmpfloat (test_classes (replayed.settings.checkpoint, 0), >, 0.9);
  /* Held beyond all measure, nets learn nothing that is new where it matters. */
  follow_init (&held, folder, "held", first);
  held.settings.trainer.retention = &gen_retention_ewc;
  held.settings.trainer.retain_weight = 30000;
  held.settings.trainer.learning_rate = 0.001;
  g_assert_cmpint (train (&held), ==, GEN_TRAINING_DONE);
  g_assert_cmpfloat (
      test_classes (held.settings.checkpoint, 0), >, test_classes (naive.settings.checkpoint, 0));
  scratch_remove (folder);
}

static void
set_everything (Run *run, const GenRetention *retention, GenMemoryPolicy policy)
{
  run->settings.max_steps = 12;
  run->settings.replay = 1;
  run->settings.replay_share = 0.25;
  run->settings.trainer.retention = retention;
  run->settings.memory_samples = 10;
  run->settings.memory_policy = policy;
  run->settings.importance_samples = 4;
}

static void
check_resumed (const char *folder, const char *first, const GenRetention *retention)
{
  g_autofree char *name = g_strconcat (retention->name, "-whole", NULL);
  g_autofree char *parts_name = g_strconcat (retention->name, "-parts", NULL);
  const GenMemoryPolicy policy =
      retention == &gen_retention_ewc ? GEN_MEMORY_BY_CLASS : GEN_MEMORY_RESERVOIR;
  g_autofree char *importance = NULL;
  g_auto (Run) whole, parts, again, last;

  follow_init (&whole, folder, name, first);
  set_everything (&whole, retention, policy);
  g_assert_cmpint (train (&whole), ==, GEN_TRAINING_DONE);
  follow_init (&parts, folder, parts_name, first);
  set_everything (&parts, retention, policy);
  parts.stop_after = 5;
  g_assert_cmpint (train (&parts), ==, GEN_TRAINING_STOPPED);
  follow_init (&again, folder, parts_name, first);
  set_everything (&again, retention, policy);
  again.settings.resume = TRUE;
  g_assert_cmpint (train (&again), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (again.n_steps, ==, 7);
  assert_same (whole.settings.checkpoint, parts.settings.checkpoint, "state.safetensors");
  assert_same (whole.settings.checkpoint, parts.settings.checkpoint, "classifier.onnx");
  assert_same (whole.settings.checkpoint, parts.settings.checkpoint, "importance.safetensors");
  /* One that was killed while it measured has all steps, and no importance. */
  importance = g_build_filename (parts.settings.checkpoint, "importance.safetensors", NULL);
  g_assert_cmpint (g_remove (importance), ==, 0);
  follow_init (&last, folder, parts_name, first);
  set_everything (&last, retention, policy);
  last.settings.resume = TRUE;
  g_assert_cmpint (train (&last), ==, GEN_TRAINING_IDLE);
  assert_same (whole.settings.checkpoint, parts.settings.checkpoint, "importance.safetensors");
}

static void
test_resumed (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);

  check_resumed (folder, first, &gen_retention_ewc);
  check_resumed (folder, first, &gen_retention_l2_sp);
  check_resumed (folder, first, &gen_retention_distillation);
  scratch_remove (folder);
}

/* What a training has kept is of both, as much of each class, and says which came before. */
static void
test_kept (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder), *path = NULL;
  g_autoptr (GenSampleMemory) memory =
      gen_sample_memory_new (100, GEN_MEMORY_RESERVOIR, &GEN_SHAPE (1, EXTENT, EXTENT), -1, 1);
  g_autoptr (GenSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  int of[4] = { 0 };
  g_auto (Run) run;

  follow_init (&run, folder, "kept", first);
  set_everything (&run, &gen_retention_none, GEN_MEMORY_BY_CLASS);
  train (&run);
  path = g_build_filename (run.settings.checkpoint, "state.safetensors", NULL);
  file = gen_safetensors_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (gen_sample_memory_load (memory, file, path, 0, &error));
  g_assert_cmpuint (gen_sample_memory_count (memory), ==, 10);
  for (gsize i = 0; i < 10; i++) {
    const gint64 label = gen_sample_memory_label (memory, i);

    g_assert_true (label >= 0 && label < 4);
    g_assert_cmpint (gen_sample_memory_age (memory, i), ==, label < 2);
    of[label]++;
  }
  for (int i = 0; i < 4; i++)
    g_assert_true (of[i] == 2 || of[i] == 3);
  scratch_remove (folder);
}

static void
test_refused (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);
  g_autofree char *empty = g_build_filename (folder, "empty", NULL);
  g_auto (Run) bare;

  run_init (&bare, empty);
  bare.settings.max_steps = 2;
  train (&bare);
  for (int i = 0; i < 12; i++) {
    static const char *const says[] = { "weights must name its folder",
      "fresh ones could do nothing", "weights says whose classes", "replay-share: 0.001",
      "and some are to be new", "has no memory of samples", "importance-samples measures",
      "there are 4", "that of weights", "at scale 0", "generator has those",
      "with keep-classes=true classes have" };
    g_auto (Run) run;

    follow_init (&run, folder, "refused", i == 5 || i == 6 ? empty : first);
    if (i < 3)
      g_clear_pointer (&run.settings.weights, g_free);
    if (i != 2)
      run.settings.keep_classes = FALSE;
    run.settings.replay = i == 0 || (i >= 3 && i <= 5) || i == 8 || i == 10;
    run.settings.replay_share = i == 3 ? 0.001 : i == 4 ? 0.999 : 0.5;
    if (i == 1 || i == 6 || i == 9)
      run.settings.trainer.retention = &gen_retention_ewc;
    if (i == 7) {
      run.settings.keep_classes = TRUE;
      run.settings.options.classes = 3;
    }
    if (i == 8) {
      g_free (run.settings.checkpoint);
      run.settings.checkpoint = g_strdup (first);
      run.settings.overwrite = TRUE;
    }
    if (i == 9)
      run.settings.trainer.adapter = &gen_adapter_lora;
    if (i == 10)
      run.settings.replay_model = g_strdup ("generator.onnx");
    if (i == 11)
      run.settings.memory_samples = 16;
    assert_refused (&run, says[i]);
  }
  scratch_remove (folder);
}

/* A folder like `first`, whose state has another memory. */
static void
leave_memory (const char *first, const GenSampleMemory *memory, const char *text, gssize length)
{
  g_autofree char *path = g_build_filename (first, "state.safetensors", NULL);
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (GenSafetensor));
  g_autoptr (GError) error = NULL;

  if (memory == NULL) {
    g_assert_true (g_file_set_contents (path, text, length, NULL));
    return;
  }
  gen_sample_memory_list (memory, tensors);
  gen_safetensors_save (
      path, (const GenSafetensor *)(const void *)tensors->data, tensors->len, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < tensors->len; i++)
    g_bytes_unref (g_array_index (tensors, GenSafetensor, i).data);
}

static void
assert_memory (const char *folder, const char *first, const char *says)
{
  g_auto (Run) run;

  follow_init (&run, folder, "damaged", first);
  run.settings.replay = 1;
  run.settings.memory_samples = 5;
  assert_refused (&run, says);
}

static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder), *text = NULL;
  g_autofree char *path = g_build_filename (first, "state.safetensors", NULL);
  g_autofree char *importance = g_build_filename (first, "importance.safetensors", NULL);
  const GenShape picture = GEN_SHAPE (1, EXTENT, EXTENT), larger = GEN_SHAPE (1, 32, 32);
  float *numbers = g_new0 (float, 32 * 32);
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  leave_memory (first, NULL, text, (gssize)length - 100);
  assert_memory (folder, first, "truncated");
  leave_memory (first, NULL, "nothing", -1);
  assert_memory (folder, first, "state.safetensors");
  for (int i = 0; i < 4; i++) {
    static const char *const says[] = { "another format", "from 0 to 1", "of class 5",
      "no numbers" };
    g_autoptr (GenSampleMemory) memory = gen_sample_memory_new (
        3, GEN_MEMORY_RESERVOIR, i == 0 ? &larger : &picture, i == 1 ? 0 : -1, 1);

    numbers[7] = i == 3 ? NAN : 0;
    gen_sample_memory_see (memory, numbers, i == 2 ? 5 : 1);
    leave_memory (first, memory, NULL, 0);
    assert_memory (folder, first, says[i]);
  }
  g_free (numbers);
  /* What was measured is of weights that have been trained on. */
  leave_memory (first, NULL, text, (gssize)length);
  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenImportance) of = gen_importance_load (importance, &error);
    const GenImportanceOf *weight = gen_importance_find (of, "classifier.head.weight");
    g_autofree float *changed =
        g_memdup2 (g_bytes_get_data (weight->weights, NULL), g_bytes_get_size (weight->weights));
    g_auto (Run) run;

    changed[3] += i == 0 ? 0.001f : 0;
    gen_importance_set (of, "classifier.head.weight", &weight->shape, g_bytes_ref (weight->numbers),
        g_bytes_new (changed, g_bytes_get_size (weight->weights)));
    g_assert_true (gen_importance_save (of, importance, &error));
    if (i == 1)
      g_assert_true (g_file_set_contents (importance, "none", -1, NULL));
    follow_init (&run, folder, "damaged", first);
    run.settings.trainer.retention = &gen_retention_ewc;
    assert_refused (&run, i == 0 ? "of other weights" : "importance.safetensors");
    if (i == 0)
      continue;
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/continual/forgetting", test_forgetting);
  g_test_add_func ("/continual/resumed", test_resumed);
  g_test_add_func ("/continual/kept", test_kept);
  g_test_add_func ("/continual/refused", test_refused);
  g_test_add_func ("/continual/damaged", test_damaged);
  return g_test_run ();
}
