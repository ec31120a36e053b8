/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds a discriminator back, against PyTorch's numbers. The generator's samples are always
 * the same, and its weights stay, so that another program can follow. */
#include <math.h>

#include "../../lib/train/recipes/differentiable-augmentation.h"
#include "../trainers.h"

#define BATCH 2
#define SIDE 4
#define SIZE (SIDE * SIDE)
#define CHANNELS 4

static float *
rule (gsize n, double rate, double scale)
{
  float *numbers = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    numbers[i] = (float)(scale * sin (rate * (double)i + rate));
  return numbers;
}

static GenTensor *
weights (GenGraph *graph, const char *name, const GenShape *shape, double rate, double scale)
{
  const gsize n = (gsize)gen_shape_elements (shape);

  return gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (rule (n, rate, scale), n * sizeof (float)));
}

/* Its bias, whatever the latent is. */
static GenGraph *
generator (void)
{
  GenGraph *graph = gen_graph_new ("generator");
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 2));

  x = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ x, weights (graph, "w", &GEN_SHAPE (2, SIZE), 1, 0),
          weights (graph, "b", &GEN_SHAPE (SIZE), 0.35, 0.8) },
      3, 1, NULL, NULL);
  x = gen_binary (
      graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ BATCH, 1, SIDE, SIDE }, 4), NULL);
  gen_graph_add_output (graph, x);
  return graph;
}

static GenGraph *
discriminator (void)
{
  GenGraph *graph = gen_graph_new ("discriminator");
  GenTensor *x =
      gen_graph_add_input (graph, "sample", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, SIDE, SIDE));

  x = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, weights (graph, "w1", &GEN_SHAPE (CHANNELS, 1, 3, 3), 0.9, 0.4),
          weights (graph, "b1", &GEN_SHAPE (CHANNELS), 0.5, 0.1) },
      3, 1, NULL, NULL);
  x = gen_graph_op (graph, "LeakyRelu", &x, 1, 1, NULL, "alpha", GEN_FLOAT, 0.2, NULL);
  x = gen_unary (graph, "Flatten", x, NULL);
  x = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ x, weights (graph, "w2", &GEN_SHAPE (1, 4 * CHANNELS), 0.8, 0.3),
          weights (graph, "b2", &GEN_SHAPE (1), 0.3, 0.1) },
      3, 1, NULL, "transB", GEN_INT, 1, NULL);
  gen_graph_add_output (graph, x);
  return graph;
}

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1, .optimizer = &gen_optimizer_sgd,        \
                        .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .beta1 = 0 },              \
                        .learning_rate = 0.1, .precision = GEN_PRECISION_FLOAT32,                  \
                        .trainable = trainable

static char trainable[] = "discriminator.*";

static GenTrainer *
trainer_new (const GenTrainerSettings *settings)
{
  g_autoptr (GenGraph) g = generator (), d = discriminator ();
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = adversarial_trainer (g, d, settings, &error);

  g_assert_no_error (error);
  return trainer;
}

static void
make_step (GenTrainer *trainer, GenTrainerFigures *figures)
{
  const double s = (double)gen_trainer_steps (trainer);
  g_autofree float *samples = rule (BATCH * SIZE, 0.13 + 0.05 * s, 0.9);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_trainer_step (trainer, samples, NULL, figures, &error));
  g_assert_no_error (error);
}

static const GenBinding *
find (GenTrainer *trainer, const char *name)
{
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    if (g_str_equal (gen_trainer_state (trainer, i)->name, name))
      return gen_trainer_state (trainer, i);
  return NULL;
}

static void
assert_near (const float *numbers, const int *places, const double *expected, int n)
{
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (numbers[places[i]], expected[i], 2e-5);
}

/* Training that goes on from its states is the same, bit for bit. */
static void
check_resume (const GenTrainerSettings *settings)
{
  g_autoptr (GenTrainer) whole = trainer_new (settings), first = trainer_new (settings),
                         second = trainer_new (settings);
  GenTrainerFigures figures;

  for (int s = 0; s < 5; s++)
    make_step (whole, &figures);
  for (int s = 0; s < 3; s++)
    make_step (first, &figures);
  for (guint i = 0; i < gen_trainer_n_states (first); i++)
    memcpy (gen_trainer_state (second, i)->data, gen_trainer_state (first, i)->data,
        gen_trainer_state (first, i)->size);
  gen_trainer_states_changed (second);
  for (int s = 3; s < 5; s++)
    make_step (second, &figures);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++)
    g_assert_cmpmem (gen_trainer_state (whole, i)->data, gen_trainer_state (whole, i)->size,
        gen_trainer_state (second, i)->data, gen_trainer_state (second, i)->size);
}

/* --- spectral norm --- */

/* From a direction that follows a rule, too. */
static void
test_spectral_norm (void)
{
  static const double losses[][2] = { { 1.54093189, 0.66508429 }, { 1.38683623, 0.76247437 },
    { 1.35114789, 0.85334972 } };
  const GenTrainerSettings settings = { SETTINGS, .spectral_norm = TRUE };
  g_autoptr (GenTrainer) trainer = trainer_new (&settings);
  g_autofree float *direction = rule (CHANNELS, 0.6, 0.5);
  g_autoptr (GenGraph) net = NULL;
  GenTrainerFigures figures;

  memcpy (
      find (trainer, "discriminator.w1.direction")->data, direction, CHANNELS * sizeof *direction);
  gen_trainer_states_changed (trainer);
  for (int s = 0; s < 3; s++) {
    make_step (trainer, &figures);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "discriminator-loss"), losses[s][0], 2e-5);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "generator-loss"), losses[s][1], 2e-5);
  }
  assert_near (find (trainer, "discriminator.w1")->data, (int[]){ 0, 17, 35 },
      (double[]){ 0.31295434, -0.22363424, 0.25869093 }, 3);
  assert_near (find (trainer, "discriminator.w2")->data, (int[]){ 0, 7, 15 },
      (double[]){ 0.25400049, 0.06526964, -0.01390290 }, 3);
  assert_near (find (trainer, "discriminator.w1.direction")->data, (int[]){ 0, 1, 2, 3 },
      (double[]){ -0.65399738, 0.22990074, 0.53918671, -0.47823714 }, 4);

  /* The net that is written has weights as they are applied. */
  net = gen_trainer_export (trainer, DISCRIMINATOR, FALSE);
  assert_near (gen_tensor_constant (gen_graph_find (net, "w1")), (int[]){ 0, 1, 2 },
      (double[]){ 0.22947687, 0.28631220, 0.12810781 }, 3);
  assert_near (gen_tensor_constant (gen_graph_find (net, "w2")), (int[]){ 0, 1, 2 },
      (double[]){ 0.29806480, 0.39447467, 0.20547515 }, 3);
}

/* Whoever measures has the net that is written. */
static void
test_spectral_norm_measured (void)
{
  const GenTrainerSettings settings = { SETTINGS, .spectral_norm = TRUE };
  g_autoptr (GenTrainer) trainer = trainer_new (&settings);
  g_autofree float *samples = rule (BATCH * SIZE, 0.21, 0.9);
  double values[GEN_RECIPE_MAX_FIGURES], share = 0;
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float scores[BATCH];

  make_step (trainer, &figures);
  adversarial_score (trainer, samples, BATCH, scores);
  for (int i = 0; i < BATCH; i++)
    share += (scores[i] > 0) / (double)BATCH;
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, BATCH, 0, values, &error));
  g_assert_cmpfloat (
      values[gen_recipe_figure (&gen_recipe_adversarial, "accuracy-on-real")], ==, share);
  g_assert_true (gen_trainer_check (trainer, &error));
}

/* --- features --- */

/* Of the discriminator after its update. */
static void
test_feature_matching (void)
{
  static const double losses[][2] = { { 1.53857956, 0.72132094 }, { 1.38284402, 0.83172327 } };
  const GenTrainerSettings settings = { SETTINGS, .feature_matching = 0.5 };
  g_autoptr (GenTrainer) trainer = trainer_new (&settings);
  GenTrainerFigures figures;

  for (int s = 0; s < 2; s++) {
    make_step (trainer, &figures);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "discriminator-loss"), losses[s][0], 2e-5);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "generator-loss"), losses[s][1], 2e-5);
  }
}

/* --- what it sees --- */

#define SEEN_SHAPE 3, 3, 16, 12
#define SEEN (3 * 3 * 16 * 12)

static void
fill (float *numbers, int n, double rate)
{
  for (int i = 0; i < n; i++)
    numbers[i] = (float)(0.5 + 0.45 * sin (rate * i + rate));
}

/* By these draws the first picture stays, the second is recoloured and cut, the third moved as
 * well. Each result and gradient is weighted by a rule. */
static void
test_augment (void)
{
  static const int places[] = { 0, 50, 200, 301, 450, 575, 576, 800, 1151, 1152, 1400, 1727 };
  static const double seen[] = { 0.78989798, 0.09065000, 0.78003216, 0.14381598, 0.94979668,
    0.89605945, 0.96898735, 0.89890620, 0.90951820, 0.5, 0.54026347, 0.5 };
  static const double gradients[] = { 0.36161543, 0.02044265, -0.85638316, -0.97730362, -0.35749977,
    -0.48669326, -0.02865668, 0.53159446, -0.48567968, -0.00047918, -0.51336936, -0.00047918 };
  g_autoptr (GenGraph) graph = gen_graph_new ("augmentation");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (SEEN_SHAPE)), *y;
  GenTensor *draws = gen_graph_add_input (
      graph, "draws", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, GEN_AUGMENTATION_DRAWS));
  GenTensor *gradient = NULL, *sum;

  y = gen_differentiable_augment (graph, x, draws, gen_graph_float (graph, 0.6f), 0, 1, &error);
  g_assert_no_error (error);
  sum = gen_binary (
      graph, "Mul", y, weights (graph, "weights", &GEN_SHAPE (SEEN_SHAPE), 0.37, 1), &error);
  g_assert_true (gen_graph_gradients (graph, sum, &x, 1, &gradient, &error));
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, gradient);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  fill (gen_plan_input (plan, 0)->data, SEEN, 0.7);
  fill (gen_plan_input (plan, 1)->data, 3 * GEN_AUGMENTATION_DRAWS, 2.7);
  g_assert_true (gen_plan_run (plan, &error));
  assert_near (gen_plan_output (plan, 0)->data, places, seen, G_N_ELEMENTS (places));
  assert_near (gen_plan_output (plan, 1)->data, places, gradients, G_N_ELEMENTS (places));
}

/* The first weights after a step. */
static float *
weights_after (const GenTrainerSettings *settings, int steps)
{
  g_autoptr (GenTrainer) trainer = trainer_new (settings);
  GenTrainerFigures figures;

  for (int s = 0; s < steps; s++)
    make_step (trainer, &figures);
  return g_memdup2 (
      find (trainer, "discriminator.w1")->data, find (trainer, "discriminator.w1")->size);
}

static double
distance (const float *a, const float *b)
{
  double sum = 0;

  for (int i = 0; i < CHANNELS * 9; i++)
    sum += fabs ((double)a[i] - b[i]);
  return sum;
}

/* Noise that has fallen to nothing is none: the second of two steps is as without. */
static void
test_instance_noise (void)
{
  g_autofree float *none = weights_after (&(GenTrainerSettings){ SETTINGS }, 1);
  g_autofree float *some =
      weights_after (&(GenTrainerSettings){ SETTINGS, .instance_noise = 0.05 }, 1);
  g_autofree float *more =
      weights_after (&(GenTrainerSettings){ SETTINGS, .instance_noise = 0.5 }, 1);
  const GenTrainerSettings falling = { SETTINGS, .instance_noise = 0.5, .instance_noise_steps = 1 };
  g_autoptr (GenTrainer) fallen = trainer_new (&falling);
  g_autoptr (GenTrainer) plain = trainer_new (&(GenTrainerSettings){ SETTINGS });
  GenTrainerFigures figures;

  g_assert_cmpfloat (distance (none, some), >, 1e-5);
  g_assert_cmpfloat (distance (none, more), >, 2 * distance (none, some));
  *(gint64 *)find (fallen, "step")->data = *(gint64 *)find (plain, "step")->data = 1;
  gen_trainer_states_changed (fallen);
  gen_trainer_states_changed (plain);
  make_step (fallen, &figures);
  make_step (plain, &figures);
  g_assert_cmpfloat_with_epsilon (
      distance (find (fallen, "discriminator.w1")->data, find (plain, "discriminator.w1")->data), 0,
      1e-6);
}

/* The probability follows the mean sign of the scores, and is a figure and a state. */
static void
test_adapt (void)
{
  const GenTrainerSettings settings = { SETTINGS, .augment_probability = 0.5,
    .augment_target = 0.6 };
  g_autoptr (GenTrainer) trainer = trainer_new (&settings);
  GenTrainerFigures figures;
  double expected = 0.5;

  for (int s = 0; s < 4; s++) {
    double share;

    make_step (trainer, &figures);
    share = adversarial_figure (&figures, "accuracy-on-real");
    expected += (2 * share - 1 > 0.6 ? 1 : -1) * BATCH / 500000.0;
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "augment-probability"), expected, 1e-7);
    g_assert_cmpfloat (*(const float *)find (trainer, "augment-probability")->data, ==,
        (float)adversarial_figure (&figures, "augment-probability"));
  }
}

/* --- all of them --- */

static void
test_resume (void)
{
  check_resume (&(GenTrainerSettings){ SETTINGS, .spectral_norm = TRUE });
  check_resume (&(GenTrainerSettings){ SETTINGS, .instance_noise = 0.1, .instance_noise_steps = 10,
      .augment_probability = 0.5, .augment_target = 0.6, .discriminator_steps = 2, .r1 = 0.1,
      .feature_matching = 0.5 });
}

/* By an error that begins so. */
static void
refuse (const GenTrainerSettings *settings, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_trainer_settings_check (settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, message));
}

/* --- penalties now and then --- */

static void
copy_states (GenTrainer *from, GenTrainer *to)
{
  g_assert_cmpuint (gen_trainer_n_states (from), ==, gen_trainer_n_states (to));
  for (guint i = 0; i < gen_trainer_n_states (from); i++) {
    const GenBinding *state = gen_trainer_state (from, i);

    memcpy ((gpointer)find (to, state->name)->data, state->data, state->size);
  }
  gen_trainer_states_changed (to);
}

static void
assert_same_states (GenTrainer *one, GenTrainer *other)
{
  for (guint i = 0; i < gen_trainer_n_states (one); i++) {
    const GenBinding *state = gen_trainer_state (one, i);

    g_assert_cmpmem (state->data, state->size, find (other, state->name)->data, state->size);
  }
}

/* Each third step is that of thrice the penalty, bit for bit, and the others are those of none. */
static void
check_interval (const GenTrainerSettings *settings)
{
  GenTrainerSettings lazy = *settings, heavy = *settings, light = *settings;
  g_autoptr (GenTrainer) trainer = NULL, paying = NULL, free_one = NULL;

  lazy.penalty_interval = 3;
  heavy.r1 *= 3;
  heavy.r2 *= 3;
  heavy.gradient_penalty *= 3;
  light.r1 = light.r2 = light.gradient_penalty = 0;
  trainer = trainer_new (&lazy);
  paying = trainer_new (&heavy);
  free_one = trainer_new (&light);
  for (int s = 0; s < 5; s++) {
    GenTrainer *other = s % 3 == 0 ? paying : free_one;
    GenTrainerFigures figures, expected;

    copy_states (trainer, other);
    make_step (trainer, &figures);
    make_step (other, &expected);
    g_assert_cmpmem (figures.values, sizeof (double) * gen_recipe_adversarial.n_figures,
        expected.values, sizeof (double) * gen_recipe_adversarial.n_figures);
    assert_same_states (trainer, other);
  }
  check_resume (&lazy);
}

static void
test_penalty_interval (void)
{
  const GenTrainerSettings estimated = { SETTINGS, .r1 = 0.5, .r2 = 0.25 };
  const GenTrainerSettings exact = { SETTINGS, .r1 = 0.5, .penalty = GEN_PENALTY_EXACT,
    .gradient_penalty = 2, .optimizer = &gen_optimizer_adam, .spectral_norm = TRUE };

  check_interval (&estimated);
  check_interval (&exact);
}

static void
test_refused (void)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
    .format = { &gen_medium_sound, .channels = 1, .rate = 16000, .length = 4096 }, .width = 1 };
  const GenTrainerSettings of_sounds = { GEN_TRAINER_DEFAULTS, .batch_size = 2,
    .augment_probability = 0.5 };
  g_autoptr (GError) error = NULL;

  refuse (
      &(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_classifier, .spectral_norm = TRUE },
      "spectral-norm is nothing that recipe classifier can use; it is for adversarial");
  refuse (
      &(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_translation, .spectral_norm = TRUE },
      "spectral-norm is nothing that recipe translation can use; it is for adversarial");
  refuse (&(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_unpaired_translation,
              .augment_probability = 0.5 },
      "augment-probability is nothing that recipe unpaired-translation can use; it is for "
      "adversarial");
  refuse (&(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_diffusion, .instance_noise = 0.1 },
      "instance-noise is nothing that recipe diffusion can use");
  refuse (&(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_masked, .augment_target = 0.6 },
      "augment-target is nothing that recipe masked can use");
  refuse (&(GenTrainerSettings){ SETTINGS, .augment_target = 1 },
      "augment-target must be at least 0 and below 1, not 1");
  refuse (&(GenTrainerSettings){ SETTINGS, .penalty_interval = 0 },
      "penalty-interval must be at least 1 and below 65537, not 0");
  refuse (&(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_masked, .penalty_interval = 4 },
      "penalty-interval is nothing that recipe masked can use; it is for adversarial");
  refuse (&(GenTrainerSettings){ SETTINGS, .codebook_decay = 0.9 },
      "codebook-decay is nothing that recipe adversarial can use; it is for vector-quantized");
  refuse (&(GenTrainerSettings){ SETTINGS, .perceptual_model = trainable },
      "perceptual-model is nothing that recipe adversarial can use");
  g_assert_null (preset_trainer_new (&gen_preset_wavegan, &options, &of_sounds, &error));
  g_assert_cmpstr (error->message, ==,
      "augment-probability: only pictures can be augmented so, and the samples are sounds");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/discriminators/spectral-norm", test_spectral_norm);
  g_test_add_func ("/discriminators/spectral-norm/measured", test_spectral_norm_measured);
  g_test_add_func ("/discriminators/feature-matching", test_feature_matching);
  g_test_add_func ("/discriminators/augment", test_augment);
  g_test_add_func ("/discriminators/instance-noise", test_instance_noise);
  g_test_add_func ("/discriminators/adapt", test_adapt);
  g_test_add_func ("/discriminators/resume", test_resume);
  g_test_add_func ("/discriminators/penalty-interval", test_penalty_interval);
  g_test_add_func ("/discriminators/refused", test_refused);
  return g_test_run ();
}
