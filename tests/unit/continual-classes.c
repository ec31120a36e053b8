/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes that are new to a classifier, by name, and those of other data. */
#include <generative/model.h>
#include <generative/onnx.h>
#include <generative/parameters.h>

#include "../scratch.h"
#include "continual.h"

static void
test_names (void)
{
  static const char *const before[] = { "left", "right", NULL };
  static const char *const now[] = { "below", "left", NULL };
  g_autofree char *folder = scratch_new (), *first = g_build_filename (folder, "first", NULL);
  g_autofree char *path = NULL;
  g_auto (Run) one, other;
  g_auto (GStrv) names = NULL;
  g_autoptr (GenGraph) graph = NULL;

  run_init (&one, first);
  one.names = before;
  one.settings.max_steps = 2;
  train (&one);
  follow_init (&other, folder, "other", first);
  other.names = now;
  other.first = 0;
  other.settings.max_steps = 2;
  train (&other);
  path = g_build_filename (other.settings.checkpoint, "classifier.onnx", NULL);
  graph = gen_onnx_load (path, NULL);
  names = gen_model_get_class_names (graph);
  g_assert_cmpstrv (names, ((const char *const[]){ "left", "right", "below", NULL }));
  scratch_remove (folder);
}

/* Other data's classes are those of what is trained on by their names, and behind these those that
 * nets keep. */
static void
test_find (void)
{
  static const char *const before[] = { "left", "right", NULL };
  static const char *const now[] = { "below", "left", NULL };
  static const char *const asked[] = { "right", "left", "above", "below" };
  g_autofree char *folder = scratch_new (), *first = g_build_filename (folder, "first", NULL);
  g_autofree int *known = NULL, *kept = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Run) one, other;

  run_init (&one, first);
  one.names = before;
  one.settings.max_steps = 2;
  train (&one);
  follow_init (&other, folder, "other", first);
  other.names = now;
  other.settings.keep_classes = FALSE;
  g_assert_true (open_training (&other, &error));
  known = gen_training_find_classes (other.training, asked, G_N_ELEMENTS (asked));
  g_assert_cmpmem (known, 4 * sizeof (int), ((const int[]){ -1, 1, -1, 0 }), 4 * sizeof (int));
  g_clear_pointer (&other.training, gen_training_free);
  other.settings.keep_classes = TRUE;
  g_assert_true (open_training (&other, &error));
  kept = gen_training_find_classes (other.training, asked, G_N_ELEMENTS (asked));
  g_assert_cmpmem (kept, 4 * sizeof (int), ((const int[]){ 2, 1, -1, 0 }), 4 * sizeof (int));
  g_clear_pointer (&other.training, gen_training_free);
  scratch_remove (folder);
}

/* Two kinds of samples are told apart by their order where they are called otherwise. */
static void
test_two_kinds (void)
{
  static const char *const trained[] = { "trainA", "trainB", NULL };
  static const char *const tested[] = { "testA", "testB" };
  static const char *const turned[] = { "trainB", "trainA" };
  static const char *const half[] = { "testA" };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "run", NULL);
  g_autofree int *by_name = NULL, *of_half = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Run) run;

  run_init (&run, path);
  run.settings.preset = &gen_preset_cyclegan;
  run.names = trained;
  g_assert_true (open_training (&run, &error));
  g_assert_null (gen_training_find_classes (run.training, tested, 2));
  by_name = gen_training_find_classes (run.training, turned, 2);
  g_assert_cmpmem (by_name, 2 * sizeof (int), ((const int[]){ 1, 0 }), 2 * sizeof (int));
  of_half = gen_training_find_classes (run.training, half, 1);
  g_assert_cmpint (of_half[0], ==, -1);
  g_clear_pointer (&run.training, gen_training_free);
  scratch_remove (folder);
}

/* A training on what an earlier one has seen: its memory has no room for anything else, and what it
 * has came now, too, so that importance can be measured over it. */
static void
test_same_again (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);
  g_autofree char *path = NULL;
  g_auto (Run) run;

  follow_init (&run, folder, "again", first);
  run.first = 0;
  run.settings.memory_samples = 16;
  run.settings.importance_samples = 16;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  path = g_build_filename (run.settings.checkpoint, "importance.safetensors", NULL);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  scratch_remove (folder);
}

static GenGraph *
load_classifier (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "classifier.onnx", NULL);
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_onnx_load (path, &error);

  g_assert_no_error (error);
  return graph;
}

static void
test_grow (void)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS, .classes = 4, .width = 4 };
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);
  g_autoptr (GenGraph) before = load_classifier (first);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) now = gen_preset_classifier.nets[0](&options, &error);
  const GenTensor *was = gen_graph_find (before, "head.weight");
  const GenTensor *is = gen_graph_find (now, "head.weight");
  g_autofree float *fresh = g_memdup2 (gen_tensor_constant (is), gen_tensor_size (is));
  const gsize old = gen_tensor_size (was);

  g_assert_no_error (error);
  g_assert_false (gen_parameters_grow (now, "head.weight", before, 3, 4));
  g_assert_false (gen_parameters_grow (now, "head.weight", before, 4, 2));
  g_assert_false (gen_parameters_grow (now, "no.weight", before, 2, 4));
  g_assert_true (gen_parameters_grow (now, "head.weight", before, 2, 4));
  g_assert_cmpmem (gen_tensor_constant (is), old, gen_tensor_constant (was), old);
  g_assert_cmpmem ((const char *)gen_tensor_constant (is) + old, gen_tensor_size (is) - old,
      (const char *)fresh + old, gen_tensor_size (is) - old);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/continual-classes/names", test_names);
  g_test_add_func ("/continual-classes/find", test_find);
  g_test_add_func ("/continual-classes/two-kinds", test_two_kinds);
  g_test_add_func ("/continual-classes/same-again", test_same_again);
  g_test_add_func ("/continual-classes/grow", test_grow);
  return g_test_run ();
}
