/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nets of preset wavegan, and the shuffle of phases that its discriminator is trained with. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/trainer.h>

#include <string.h>

#include "../preset-options.h"
#include "../trainers.h"

#define LENGTH 5
#define MOST 2

/* Shifts by -2 … 2, as numpy.pad (mode="reflect") and slices make them; an item for each. */
static const float draws[] = { 0.1f, 0.3f, 0.5f, 0.7f, 0.9f };
static const float shifted[5][LENGTH] = {
  { 3, 2, 1, 2, 3 },
  { 2, 1, 2, 3, 4 },
  { 1, 2, 3, 4, 5 },
  { 2, 3, 4, 5, 4 },
  { 3, 4, 5, 4, 3 },
};
/* What each place of dy = 1 … 5 goes back to. */
static const float back[5][LENGTH] = {
  { 3, 2 + 4, 1 + 5, 0, 0 },
  { 2, 1 + 3, 4, 5, 0 },
  { 1, 2, 3, 4, 5 },
  { 0, 1, 2, 3 + 5, 4 },
  { 0, 0, 1 + 5, 2 + 4, 3 },
};

static GenGraph *
shuffle_graph (const char *op, gint64 items, gint64 channels, gint64 n_draws, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("shuffle");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (items, channels, LENGTH));
  GenTensor *constant = gen_graph_add_constant (graph, "draws", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (n_draws), g_bytes_new_static (draws, (gsize)n_draws * sizeof (float)));
  GenTensor *y = gen_graph_op (
      graph, op, (GenTensor *[]){ x, constant }, 2, 1, error, "n", GEN_INT, MOST, NULL);

  if (y == NULL)
    return NULL;
  gen_graph_add_output (graph, y);
  return g_steal_pointer (&graph);
}

/* Each channel of an item is shifted alike; the second half has the draws of the first. */
static void
check_values (const char *op, const float expected[5][LENGTH])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = shuffle_graph (op, 10, 2, 5, &error);
  g_autoptr (GenPlan) plan = gen_plan_new (graph, NULL, &error);
  const float *y;

  g_assert_no_error (error);
  for (int i = 0; i < 20 * LENGTH; i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = (float)(i % LENGTH + 1);
  g_assert_true (gen_plan_run (plan, &error));
  y = gen_plan_output (plan, 0)->data;
  for (int i = 0; i < 20; i++)
    g_assert_cmpmem (
        y + i * LENGTH, LENGTH * sizeof (float), expected[i / 2 % 5], LENGTH * sizeof (float));
}

static void
test_shuffle (void)
{
  check_values ("PhaseShuffle", shifted);
  check_values ("PhaseShuffleGradient", back);
}

static void
test_shuffle_gradients (void)
{
  static const char *const ops[] = { "PhaseShuffle", "PhaseShuffleGradient" };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = shuffle_graph (ops[i], 5, 2, 5, &error);

    g_assert_cmpfloat (gen_graph_check_gradients (graph, 3, &error), <, 1e-2);
    g_assert_no_error (error);
  }
}

static void
test_shuffle_errors (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (shuffle_graph ("PhaseShuffle", 4, 2, 3, &error));
  g_assert_nonnull (strstr (error->message, "draws"));
}

/* --- nets --- */

static const GenTensor *
only (const GPtrArray *tensors)
{
  g_assert_cmpuint (tensors->len, ==, 1);
  return g_ptr_array_index (tensors, 0);
}

static guint
count (const GenGraph *graph, const char *op)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++)
    n += g_str_equal (((GenNode *)g_ptr_array_index (graph->nodes, i))->op->name, op);
  return n;
}

static void
test_nets (void)
{
  for (int i = 0; gen_preset_wavegan.extents[i] != 0; i++)
    for (int channels = 1; channels <= 2; channels++) {
      GenPresetOptions options = preset_options (&gen_preset_wavegan);
      const gint64 length = gen_preset_wavegan.extents[i];
      const guint layers = length == 4096 ? 4 : 5;
      g_autoptr (GenGraph) g = NULL, d = NULL;
      g_autoptr (GError) error = NULL;

      options.format.length = (gsize)length;
      options.format.channels = channels;
      g = gen_preset_wavegan.nets[GENERATOR](&options, &error);
      d = gen_preset_wavegan.nets[DISCRIMINATOR](&options, &error);
      g_assert_no_error (error);
      g_assert_true (
          gen_shape_equal (&only (g->outputs)->shape, &GEN_SHAPE (-1, channels, length)));
      g_assert_true (gen_shape_equal (&only (d->inputs)->shape, &GEN_SHAPE (-1, channels, length)));
      g_assert_cmpuint (count (g, "ConvTranspose"), ==, layers);
      g_assert_cmpuint (count (d, "Conv"), ==, layers);
      g_assert_cmpuint (count (d, "PhaseShuffle"), ==, 0);
      g_assert_cmpstr (g_hash_table_lookup (g->metadata, "generative.sample-rate"), ==, "16000");
      g_assert_cmpstr (g_hash_table_lookup (d->metadata, "generative.sample-rate"), ==, "16000");
      g_assert_cmpstr (g_hash_table_lookup (d->metadata, "generative.phase-shuffle"), ==, "2");
    }
}

/* As many channels beside the sound as the width says, and 16 where it does not. */
static void
test_width (void)
{
  GenPresetOptions options = preset_options (&gen_preset_wavegan);
  g_autoptr (GenGraph) narrow = gen_preset_wavegan.nets[DISCRIMINATOR](&options, NULL),
                       usual = NULL;

  options.width = 0;
  usual = gen_preset_wavegan.nets[DISCRIMINATOR](&options, NULL);
  g_assert_true (
      gen_shape_equal (&gen_graph_find (narrow, "down1.weight")->shape, &GEN_SHAPE (2, 1, 25)));
  g_assert_true (
      gen_shape_equal (&gen_graph_find (usual, "down4.weight")->shape, &GEN_SHAPE (128, 64, 25)));
}

static void
expect_error (const GenPresetOptions *options, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_preset_wavegan.nets[GENERATOR](options, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_errors (void)
{
  GenPresetOptions options = preset_options (&gen_preset_wavegan);

  options.format.length = 5000;
  expect_error (&options, "5000 frames of mono sound");
  options = preset_options (&gen_preset_wavegan);
  options.format.channels = 3;
  expect_error (&options, "3 channels");
  expect_error (&(GenPresetOptions){ GEN_PRESET_DEFAULTS }, "28 x 28");
}

/* --- training --- */

static GenTrainer *
trainer_new (const char *frames, GError **error)
{
  const GenPresetOptions options = preset_options (&gen_preset_wavegan);
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 4, .threads = 2,
    .learning_rate = 1e-30, .precision = GEN_PRECISION_FLOAT32 };
  g_autoptr (GenGraph) g = gen_preset_wavegan.nets[GENERATOR](&options, NULL);
  g_autoptr (GenGraph) d = gen_preset_wavegan.nets[DISCRIMINATOR](&options, NULL);

  g_hash_table_insert (d->metadata, g_strdup ("generative.phase-shuffle"), g_strdup (frames));
  return adversarial_trainer (g, d, &settings, error);
}

/* Losses of two steps on the same sounds, with weights that stay as they are. */
static void
make_steps (GenTrainer *trainer, double losses[2])
{
  g_autofree float *sounds = g_new (float, 4 * 4096);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  for (int i = 0; i < 4 * 4096; i++)
    sounds[i] = (float)(i * 37 % 101) / 101 - 0.5f;
  for (int i = 0; i < 2; i++) {
    g_assert_true (gen_trainer_step (trainer, sounds, NULL, &figures, &error));
    g_assert_no_error (error);
    losses[i] = adversarial_figure (&figures, "discriminator-loss");
  }
}

/* Training shuffles what all convolutions but the first read, each time anew; what is exported does
 * not know of it but by its metadata, and scores are the same each time. */
static void
test_training (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) shuffled = trainer_new ("2", &error), plain = trainer_new ("0", &error);
  g_autoptr (GArray) steps = NULL;
  g_autoptr (GenGraph) exported = NULL;
  g_autofree float *sounds = g_new0 (float, 4 * 4096);
  float scores[2][4];
  double losses[2][2];
  guint n = 0;

  g_assert_no_error (error);
  steps = gen_plan_steps (gen_trainer_plan (shuffled));
  for (guint i = 0; i < steps->len; i++)
    n += g_str_equal (g_array_index (steps, GenStepInfo, i).node->op->name, "PhaseShuffle");
  g_assert_cmpuint (n, ==, 2 * 3);
  make_steps (shuffled, losses[0]);
  make_steps (plain, losses[1]);
  g_assert_cmpfloat (losses[0][0], !=, losses[1][0]);
  sounds[100] = 0.5f;
  for (int i = 0; i < 2; i++)
    adversarial_score (i == 0 ? shuffled : plain, sounds, 4, scores[i]);
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (scores[0][i], scores[1][i], 1e-6);
  exported = gen_trainer_export (shuffled, DISCRIMINATOR, FALSE);
  g_assert_cmpuint (count (exported, "PhaseShuffle"), ==, 0);
  g_assert_cmpstr (g_hash_table_lookup (exported->metadata, "generative.phase-shuffle"), ==, "2");
}

static void
test_metadata (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (trainer_new ("two", &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "'two'"));
  g_clear_error (&error);
  /* The last convolution reads 64 frames. */
  g_assert_null (trainer_new ("64", &error));
  g_assert_nonnull (strstr (error->message, "length 64"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wavegan/shuffle", test_shuffle);
  g_test_add_func ("/wavegan/shuffle-gradients", test_shuffle_gradients);
  g_test_add_func ("/wavegan/shuffle-errors", test_shuffle_errors);
  g_test_add_func ("/wavegan/nets", test_nets);
  g_test_add_func ("/wavegan/width", test_width);
  g_test_add_func ("/wavegan/errors", test_errors);
  g_test_add_func ("/wavegan/training", test_training);
  g_test_add_func ("/wavegan/metadata", test_metadata);
  return g_test_run ();
}
