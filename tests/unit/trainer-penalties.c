/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Penalties on gradients of a discriminator, and nets that have none of a second order. */
#include "trainer.h"

/* |gradient|² of the discriminator on the first picture of `batch`, by differences. */
static double
square_of_gradient (GenTrainer *trainer, const float *batch)
{
  const float step = 0.02f;
  float pictures[64][2][64], scores[64][2];
  double sum = 0;

  for (int i = 0; i < 64; i++) {
    memcpy (pictures[i][0], batch, 64 * sizeof (float));
    memcpy (pictures[i][1], batch, 64 * sizeof (float));
    pictures[i][0][i] += step;
    pictures[i][1][i] -= step;
  }
  adversarial_score (trainer, pictures[0][0], 2 * 64, scores[0]);
  for (int i = 0; i < 64; i++)
    sum += pow ((scores[i][0] - scores[i][1]) / (2 * step), 2);
  return sum;
}

/* The penalty is r1 / 2 times the mean square of the gradient on real pictures, on the average over
 * the noise; weights that do not move show it. */
static void
test_r1 (void)
{
  g_autoptr (GError) error = NULL;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .learning_rate = 1e-30, .r1 = 1, .precision = GEN_PRECISION_FLOAT32 };
  g_autoptr (GenTrainer) with = preset_trainer_new (&gen_preset_mlp, &small, &settings, &error);
  g_autoptr (GenTrainer) without = NULL;
  float batch[BATCH * 64];
  double penalty = 0, expected = 0;

  settings.r1 = 0;
  settings.r2 = 0;
  without = preset_trainer_new (&gen_preset_mlp, &small, &settings, &error);
  g_assert_no_error (error);
  draw (batch, G_N_ELEMENTS (batch), 0);
  for (int i = 0; i < 100; i++) {
    GenTrainerFigures a, b;

    g_assert_true (gen_trainer_step (with, batch, NULL, &a, &error));
    g_assert_true (gen_trainer_step (without, batch, NULL, &b, &error));
    penalty += (adversarial_figure (&a, "discriminator-loss") -
                   adversarial_figure (&b, "discriminator-loss")) /
               100;
  }
  for (int i = 0; i < BATCH; i++)
    expected += square_of_gradient (with, batch + i * 64) / (2 * BATCH);
  g_test_message ("%g, expected %g", penalty, expected);
  g_assert_cmpfloat (expected, >, 1e-4);
  g_assert_cmpfloat_with_epsilon (penalty, expected, 0.15 * expected);
}

/* Three steps of the small preset, whose losses are those that PyTorch finds with the same weights,
 * latents and places between samples. */
static void
check_steps (
    const GenTrainerSettings *settings, const double losses[3][2], const double weights[2][2])
{
  static const char *const names[] = { "generator.dense2.weight", "discriminator.dense2.weight" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small, settings, &error);
  float batch[BATCH * 64];

  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++) {
    GenTrainerFigures figures;

    draw (batch, G_N_ELEMENTS (batch), i);
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "discriminator-loss"), losses[i][0], 1e-4);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "generator-loss"), losses[i][1], 1e-4);
  }
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    const float *values = state->data;

    for (guint k = 0; k < 2; k++)
      if (strcmp (state->name, names[k]) == 0) {
        g_assert_cmpfloat_with_epsilon (values[0], weights[k][0], 1e-5);
        g_assert_cmpfloat_with_epsilon (values[7], weights[k][1], 1e-5);
      }
  }
}

static void
test_exact_penalties (void)
{
  static const double exact_losses[3][2] = { { 2.40330219, 0.74538958 }, { 1.65100324, 0.92725182 },
    { 1.42030168, 1.01064491 } };
  static const double exact_weights[2][2] = { { -0.12191217, 0.04568766 },
    { 0.00483414, -0.00011431 } };
  static const double wasserstein_losses[3][2] = { { -5.82917833, 3.54793739 },
    { -3.49869442, 1.13516712 }, { -1.46730542, 1.93437886 } };
  static const double wasserstein_weights[2][2] = { { -0.12145337, 0.04649744 },
    { 0.00382795, -0.00051537 } };
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .precision = GEN_PRECISION_FLOAT32 };

  settings.penalty = GEN_PENALTY_EXACT;
  settings.r1 = 0.5;
  settings.r2 = 0.25;
  check_steps (&settings, exact_losses, exact_weights);
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .precision = GEN_PRECISION_FLOAT32, .gradient_penalty = 10, .discriminator_steps = 2 };
  settings.loss = &gen_loss_wasserstein;
  settings.optimizer_settings.beta1 = 0;
  settings.optimizer_settings.beta2 = 0.9;
  /* Where gradients are near 0, errors of rounding do not choose the direction. */
  settings.optimizer_settings.epsilon = 1e-2;
  settings.learning_rate = 1e-3;
  check_steps (&settings, wasserstein_losses, wasserstein_weights);
}

/* A discriminator that looks where its picture tells it to: what its gradient goes through has none
 * itself. */
static GenGraph *
build_looking (GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("looking");
  GenTensor *x =
      gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, 8, 8));
  float *values = g_new (float, 64 * 8);
  GenTensor *grid, *y;

  for (int i = 0; i < 64 * 8; i++)
    values[i] = 0.01f * (float)(i % 7 - 3);
  grid = gen_binary (graph, "MatMul", gen_unary (graph, "Flatten", x, error),
      gen_graph_add_constant (graph, "look", GEN_TYPE_FLOAT32, &GEN_SHAPE (64, 8),
          g_bytes_new_take (values, 64 * 8 * sizeof *values)),
      error);
  grid = gen_binary (
      graph, "Reshape", grid, gen_graph_ints (graph, (gint64[]){ BATCH, 2, 2, 2 }, 4), error);
  y = gen_binary (graph, "GridSample", x, grid, error);
  y = y != NULL ? gen_unary (graph, "Flatten", y, error) : NULL;
  y = gen_binary (graph, "MatMul", y, gen_graph_full (graph, &GEN_SHAPE (4, 1), 0.5), error);
  if (y == NULL)
    return NULL;
  gen_graph_add_output (graph, y);
  return g_steal_pointer (&graph);
}

static void
test_no_second_gradient (void)
{
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) generator = gen_preset_mlp.nets[GENERATOR](&small, &error);
  g_autoptr (GenGraph) looking = build_looking (&error);
  g_autoptr (GenTrainer) estimated = NULL;

  g_assert_no_error (error);
  settings.r1 = 1;
  estimated = adversarial_trainer (generator, looking, &settings, &error);
  g_assert_no_error (error);
  settings.penalty = GEN_PENALTY_EXACT;
  g_assert_null (adversarial_trainer (generator, looking, &settings, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "penalty=estimated"));
  g_assert_nonnull (strstr (error->message, "node '"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer-penalties/r1", test_r1);
  g_test_add_func ("/trainer-penalties/exact-penalties", test_exact_penalties);
  g_test_add_func ("/trainer-penalties/no-second-gradient", test_no_second_gradient);
  return g_test_run ();
}
