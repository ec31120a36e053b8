/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Losses and optimisers against PyTorch's numbers, and training as a whole on small nets. */
#include <generative/checkpoint.h>
#include <generative/random.h>
#include <generative/validation.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

/* --- optimisers: three steps from the same weights and gradients, by torch.optim --- */

static void
check_optimizer (
    const GenOptimizer *optimizer, const GenOptimizerSettings *settings, const float expected[4])
{
  static const float start[4] = { 0.5, -1, 2, 0 };
  g_autoptr (GenGraph) graph = gen_graph_new ("update");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  gint64 zero = 0;
  GenTensor *weights = gen_graph_add_state (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (start, sizeof start));
  GenTensor *gradient = gen_graph_add_input (graph, "g", GEN_TYPE_FLOAT32, &GEN_SHAPE (4));
  GenTensor *step = gen_graph_add_state (
      graph, "t", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&zero, sizeof zero));

  g_assert_nonnull (gen_optimizer_update (optimizer, graph, weights, gradient,
      gen_graph_float (graph, 0.01), step, NULL, settings, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int s = 0; s < 3; s++) {
    float *g = gen_plan_input (plan, 0)->data;

    g[0] = 0.1f * (s + 1);
    g[1] = -0.2f * (s + 1) - 0.5f * s;
    g[2] = 0.3f * (s + 1);
    g[3] = 1.5f * (s + 1) - 1.0f * s;
    *(gint64 *)gen_plan_find (plan, "t")->data = s;
    g_assert_true (gen_plan_run (plan, NULL));
  }
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_find (plan, "w")->data)[i], expected[i], 2e-7);
}

static void
test_optimizers (void)
{
  check_optimizer (&gen_optimizer_adam, &(GenOptimizerSettings){ GEN_OPTIMIZER_DEFAULTS },
      (float[]){ 0.46822178, -0.96852481, 1.96822178, -0.03121618 });
  check_optimizer (&gen_optimizer_adamw,
      &(GenOptimizerSettings){ .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1 },
      (float[]){ 0.46675378, -0.96555811, 1.96225846, -0.03118582 });
  check_optimizer (&gen_optimizer_rmsprop, &(GenOptimizerSettings){ .beta2 = 0.9, .epsilon = 1e-8 },
      (float[]){ 0.41389942, -0.90967208, 1.9138993, -0.08052875 });
  check_optimizer (&gen_optimizer_sgd, &(GenOptimizerSettings){ .beta1 = 0.5, .weight_decay = 0.1 },
      (float[]){ 0.49013197, -0.96276897, 1.96827304, -0.08118501 });
  check_optimizer (&gen_optimizer_nesterov,
      &(GenOptimizerSettings){ .beta1 = 0.5, .weight_decay = 0.1 },
      (float[]){ 0.48757601, -0.95141327, 1.96016920, -0.10050130 });
  check_optimizer (&gen_optimizer_lion,
      &(GenOptimizerSettings){ .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1 },
      (float[]){ 0.46853149, -0.96703299, 1.96403599, -0.02997001 });
  check_optimizer (&gen_optimizer_schedule_free,
      &(GenOptimizerSettings){ .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1 },
      (float[]){ 0.47455806, -0.97225307, 1.97141004, -0.02280375 });
  for (int i = 0; gen_optimizer_list ()[i] != NULL; i++)
    g_assert_true (
        gen_optimizer_find (gen_optimizer_list ()[i]->name, NULL) == gen_optimizer_list ()[i]);
}

/* Who asks for what there is not is told what there is, the same in all families. */
static void
test_families (void)
{
  g_autoptr (GError) loss = NULL, optimizer = NULL, preset = NULL, medium = NULL, device = NULL;

  g_assert_null (gen_loss_find ("logistic", &loss));
  g_assert_error (loss, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (loss->message, ==,
      "there is no loss \"logistic\"; there are minimax, non-saturating, hinge, least-squares, "
      "relativistic, wasserstein");
  g_assert_null (gen_optimizer_find ("adamax", &optimizer));
  g_assert_error (optimizer, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (optimizer->message, ==,
      "there is no optimizer \"adamax\" (did you mean \"adam\"?); there are adam, adamw, rmsprop, "
      "sgd, nesterov, lion, "
      "schedule-free");
  g_assert_null (gen_preset_find ("", &preset));
  g_assert_true (
      g_str_has_prefix (preset->message, "there is no preset \"\"; there are auto, mlp, dcgan"));
  g_assert_null (gen_medium_find ("smell", &medium));
  g_assert_true (
      g_str_has_prefix (medium->message, "there is no medium \"smell\"; there are picture, "));
  g_assert_null (gen_device_find ("abacus", &device));
  g_assert_error (device, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNKNOWN);
  g_assert_true (
      g_str_has_prefix (device->message, "there is no device \"abacus\"; there are auto, "));
  for (int i = 0; gen_preset_list ()[i] != NULL; i++)
    g_assert_true (gen_preset_find (gen_preset_list ()[i]->name, NULL) == gen_preset_list ()[i]);
}

/* Gradients eight times as large with a factor of an eighth are the same; with a factor of 0,
 * nothing changes, whatever the gradient is. The average and a kept value follow the factor. */
static void
check_factor (const GenOptimizer *optimizer)
{
  static const float start[4] = { 0.5, -1, 2, 0 };
  const float factors[] = { 1, 0.125f, 0 };
  const GenOptimizerSettings settings = { GEN_OPTIMIZER_DEFAULTS, .weight_decay = 0.1 };
  float weights[3][4], averages[3][4], kept[3][4];

  for (int k = 0; k < 3; k++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("update");
    g_autoptr (GenPlan) plan = NULL;
    g_autoptr (GError) error = NULL;
    const GenShape *shape = &GEN_SHAPE (4);
    GBytes *bytes = g_bytes_new_static (start, sizeof start);
    GenTensor *w = gen_graph_add_state (graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_ref (bytes));
    GenTensor *a = gen_graph_add_state (graph, "a", GEN_TYPE_FLOAT32, shape, g_bytes_ref (bytes));
    GenTensor *s = gen_graph_add_state (graph, "s", GEN_TYPE_FLOAT32, shape, bytes);
    GenTensor *g = gen_graph_add_input (graph, "g", GEN_TYPE_FLOAT32, shape);
    GenTensor *factor = gen_graph_add_input (graph, "f", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
    GenTensor *updates = gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
        g_bytes_new (&(gint64){ 2 }, sizeof (gint64)));
    GenTensor *next = gen_optimizer_update (
        optimizer, graph, w, g, gen_graph_float (graph, 0.01), updates, factor, &settings, &error);

    gen_graph_assign (graph, a,
        gen_graph_op (graph, "MovingAverage", (GenTensor *[]){ a, next, updates, factor }, 4, 1,
            &error, "decay", GEN_FLOAT, 0.5, NULL));
    gen_graph_assign (graph, s,
        gen_graph_op (graph, "KeepState", (GenTensor *[]){ s, g, factor }, 3, 1, &error, NULL));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (int i = 0; i < 4; i++)
      ((float *)gen_plan_input (plan, 0)->data)[i] =
          factors[k] == 0 ? NAN : (0.25f + i) / factors[k];
    *(float *)gen_plan_input (plan, 1)->data = factors[k];
    g_assert_true (gen_plan_run (plan, &error));
    memcpy (weights[k], gen_plan_find (plan, "w")->data, sizeof start);
    memcpy (averages[k], gen_plan_find (plan, "a")->data, sizeof start);
    memcpy (kept[k], gen_plan_find (plan, "s")->data, sizeof start);
  }
  for (int i = 0; i < 4; i++) {
    g_assert_cmpfloat (weights[0][i], !=, start[i]);
    g_assert_cmpfloat (averages[0][i], !=, start[i]);
    g_assert_cmpfloat (weights[1][i], ==, weights[0][i]);
    g_assert_cmpfloat (averages[1][i], ==, averages[0][i]);
    g_assert_cmpfloat (kept[1][i], ==, (0.25f + i) * 8);
    g_assert_cmpfloat (weights[2][i], ==, start[i]);
    g_assert_cmpfloat (averages[2][i], ==, start[i]);
    g_assert_cmpfloat (kept[2][i], ==, start[i]);
  }
}

/* The decay rises with the number of updates (as in TensorFlow's ExponentialMovingAverage), so that
 * the first weights, at -7, are soon forgotten; `factor` or not. */
static void
test_average (void)
{
  for (int counted = 0; counted < 2; counted++)
    for (int scaled = 0; scaled < 2; scaled++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("average");
      g_autoptr (GenPlan) plan = NULL;
      g_autoptr (GError) error = NULL;
      GenTensor *a = gen_graph_add_state (graph, "a", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR,
          g_bytes_new (&(float){ -7 }, sizeof (float)));
      GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
      GenTensor *n = gen_graph_add_input (graph, "n", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
      GenTensor *inputs[] = { a, x, counted ? n : NULL, gen_graph_float (graph, 0.125f) };
      double expected = -7;

      gen_graph_assign (graph, a,
          gen_graph_op (graph, "MovingAverage", inputs, scaled ? 4 : 3, 1, &error, "decay",
              GEN_FLOAT, 0.9, NULL));
      gen_graph_add_output (graph, n);
      g_assert_no_error (error);
      plan = gen_plan_new (graph, NULL, &error);
      g_assert_no_error (error);
      for (gint64 i = 0; i < 120; i++) {
        const double decay = counted ? MIN (0.9, (1.0 + i) / (10.0 + i)) : 0.9;
        const float now = sinf ((float)i);

        *(float *)gen_plan_input (plan, 0)->data = now;
        *(gint64 *)gen_plan_input (plan, 1)->data = i;
        g_assert_true (gen_plan_run (plan, &error));
        expected = decay * expected + (1 - decay) * now;
        g_assert_cmpfloat_with_epsilon (*(float *)gen_plan_find (plan, "a")->data, expected, 1e-5);
      }
    }
}

static void
test_factors (void)
{
  for (const GenOptimizer *const *each = gen_optimizer_list (); *each != NULL; each++)
    check_factor (*each);
}

/* --- losses: on scores that include ones of which D is sure, by torch.nn.functional --- */

static void
check_loss (const GenLoss *loss, double smoothing, double discriminator, double generator)
{
  static const float real[4] = { 2, -1, 0.5, 30 }, fake[4] = { -3, 1, 0.25, -40 };
  g_autoptr (GenGraph) graph = gen_graph_new ("loss");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *r = gen_graph_add_input (graph, "r", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 1));
  GenTensor *f = gen_graph_add_input (graph, "f", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 1));

  gen_graph_add_output (graph, loss->discriminator (graph, r, f, smoothing, &error));
  gen_graph_add_output (graph, loss->generator (graph, r, f, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, real, sizeof real);
  memcpy (gen_plan_input (plan, 1)->data, fake, sizeof fake);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpfloat_with_epsilon (
      *(const float *)gen_plan_output (plan, 0)->data, discriminator, 1e-6 * fabs (discriminator));
  g_assert_cmpfloat_with_epsilon (
      *(const float *)gen_plan_output (plan, 1)->data, generator, 1e-6 * fabs (generator));
}

static void
test_losses (void)
{
  check_loss (&gen_loss_minimax, 0, 1.025513768, -0.546947122);
  check_loss (&gen_loss_non_saturating, 0.1, 1.813013911, 10.98444748);
  check_loss (&gen_loss_hinge, 0, 1.4375, 10.4375);
  check_loss (&gen_loss_least_squares, 0, 307.0390625, 212.1953125);
  check_loss (&gen_loss_relativistic, 0, 0.67739570, 18.98989487);
  check_loss (&gen_loss_relativistic, 0.1, 2.50864553, 18.98989487);
  check_loss (&gen_loss_wasserstein, 0, -18.3125, 10.4375);
  for (int i = 0; gen_loss_list ()[i] != NULL; i++)
    g_assert_true (gen_loss_find (gen_loss_list ()[i]->name, NULL) == gen_loss_list ()[i]);
}

/* --- training --- */

#define BATCH 16
static const GenPresetOptions small = { GEN_PRESET_DEFAULTS, .format.width = 8,
  .format.height = 8 };

static void
draw (float *batch, gsize n, guint64 step)
{
  GenRandom random = gen_random_new (9, "test", 0);

  gen_random_uniform (&random, step, 0, batch, n);
  for (gsize i = 0; i < n; i++)
    batch[i] = batch[i] * 0.2f + (i % 8 < 4 ? 0.7f : -0.9f);
}

static void
make_steps (GenTrainer *trainer, int n)
{
  gsize size = gen_trainer_settings (trainer)->batch_size * gen_trainer_sample_size (trainer);
  g_autofree float *batch = g_new (float, size);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  for (int i = 0; i < n; i++) {
    draw (batch, size, gen_trainer_steps (trainer));
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    g_assert_no_error (error);
  }
}

/* A bright left half and a dark right one is what it must learn to make. */
static void
test_learns (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .ema = 0.9, .threads = 2 },
      &error);
  float latents[BATCH * 100], pictures[BATCH * 64];
  GenRandom random = gen_random_new (1, "test", 0);

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, BATCH * 100);
  for (int round = 0; round < 2; round++) {
    make_steps (trainer, 300);
    for (int average = 0; average < 2; average++) {
      double left = 0, right = 0;

      g_assert_true (gen_trainer_play (trainer, average, latents, BATCH, pictures, &error));
      for (int i = 0; i < BATCH * 64; i++)
        *(i % 8 < 4 ? &left : &right) += pictures[i] / (BATCH * 32);
      if (round == 1) {
        g_assert_cmpfloat_with_epsilon (left, 0.8, 0.2);
        g_assert_cmpfloat_with_epsilon (right, -0.8, 0.2);
      }
    }
  }
  g_assert_cmpuint (gen_trainer_steps (trainer), ==, 600);
}

/* Three steps, the states carried over to a new trainer, and two more are the same bits as five
 * steps: dropout, averages and statistics included. */
static void
check_resume_with (
    const GenPreset *preset, const GenPresetOptions *options, GenTrainerSettings settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) whole = preset_trainer_new (preset, options, &settings, &error);
  g_autoptr (GenTrainer) first = preset_trainer_new (preset, options, &settings, &error);
  g_autoptr (GenTrainer) second = NULL;
  GenPresetOptions other = *options;

  g_assert_no_error (error);
  other.seed = 77;
  second = preset_trainer_new (preset, &other, &settings, &error);
  g_assert_no_error (error);
  make_steps (whole, 5);
  make_steps (first, 3);
  for (guint i = 0; i < gen_trainer_n_states (first); i++) {
    const GenBinding *from = gen_trainer_state (first, i), *to = gen_trainer_state (second, i);

    g_assert_cmpstr (from->name, ==, to->name);
    memcpy (to->data, from->data, from->size);
  }
  gen_trainer_states_changed (second);
  make_steps (second, 2);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++) {
    const GenBinding *a = gen_trainer_state (whole, i), *b = gen_trainer_state (second, i);

    if (memcmp (a->data, b->data, a->size) != 0)
      g_error ("state %s differs after the training was interrupted", a->name);
  }
}

static void
check_resume (const GenPreset *preset, const GenPresetOptions *options)
{
  check_resume_with (preset, options,
      (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .ema = 0.9, .threads = 2 });
}

/* What does not say that its random streams have names is of a version that numbered them. */
static void
test_numbered_streams (void)
{
  static const char key[] = "random-streams";
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL), *bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  gsize size;
  char *found;

  g_assert_no_error (error);
  g_assert_true (gen_checkpoint_save (trainer, folder, NULL, &progress, &error));
  g_assert_true (gen_checkpoint_load (trainer, folder, &progress, &error));
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  found = memmem (bytes, size, key, strlen (key));
  g_assert_nonnull (found);
  found[0] = 'x';
  g_assert_true (g_file_set_contents (path, bytes, (gssize)size, &error));
  g_assert_false (gen_checkpoint_load (trainer, folder, &progress, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE);
  g_assert_nonnull (strstr (error->message, "version 0.1"));
  scratch_remove (folder);
}

static void
test_resume (void)
{
  GenPresetOptions options = small;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .r1 = 0.1, .penalty = GEN_PENALTY_EXACT, .gradient_penalty = 10, .discriminator_steps = 3 };

  settings.loss = &gen_loss_wasserstein;
  check_resume_with (&gen_preset_mlp, &options, settings);

  options.dropout = 0.3;
  check_resume (&gen_preset_mlp, &options);
  check_resume (
      &gen_preset_dcgan, &(GenPresetOptions){ GEN_PRESET_DEFAULTS, .dropout = 0.3, .width = 8 });
  options = preset_options (&gen_preset_wavegan);
  check_resume (&gen_preset_wavegan, &options);
  options = preset_options (&gen_preset_stylegan_lite);
  check_resume (&gen_preset_stylegan_lite, &options);
  check_resume (&gen_preset_r3gan_lite, &options);
  check_resume (&gen_preset_vae, &(GenPresetOptions){ GEN_PRESET_DEFAULTS });
  check_resume (&gen_preset_autoencoder, &(GenPresetOptions){ GEN_PRESET_DEFAULTS, .width = 4 });
  options = preset_options (&gen_preset_unet_diffusion);
  check_resume (&gen_preset_unet_diffusion, &options);
}

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

/* Any number of latents gives what each gives by itself. */
static void
test_generate (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  const int n = 2 * BATCH + 3;
  g_autofree float *latents = g_new (float, n * 100), *pictures = g_new (float, n * 64);
  GenRandom random = gen_random_new (1, "test", 0);
  float one[64];

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, n * 100);
  g_assert_true (gen_trainer_play (trainer, FALSE, latents, n, pictures, &error));
  for (int i = 0; i < n; i += 5) {
    g_assert_true (gen_trainer_play (trainer, FALSE, latents + i * 100, 1, one, &error));
    for (int k = 0; k < 64; k++)
      g_assert_cmpfloat_with_epsilon (one[k], pictures[i * 64 + k], 1e-6);
  }
}

static void
add (GenValidation *validation, const GenPicture *picture)
{
  const GenSample sample = gen_sample_of_picture (picture);

  gen_validation_add (validation, &sample, -1);
}

/* Pictures that the generator makes of the validation's own latents are at no distance from what
 * is made of them; others are. */
static void
test_validation (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  g_autoptr (GenValidation) same = gen_validation_new (3), other = gen_validation_new (4);
  g_autoptr (GenValidation) wrong = gen_validation_new (3);
  const int n = 3 * BATCH + 5;
  g_autofree float *latents = g_new (float, n * 100);
  g_auto (GenPicture) wall = { 0 }, odd = { 0 };
  GenRandom random = gen_random_new (3, GEN_STREAM_VALIDATION_LATENT, 0);
  GenValidationFigures figures;

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, n * 100);
  gen_picture_init (&wall, 8, 8 * n, 1);
  g_assert_true (gen_trainer_draw (trainer, FALSE, latents, 1, n, &wall, &error));
  for (int i = 0; i < n; i++) {
    GenPicture picture = wall;

    picture.height = 8;
    picture.data += i * 8 * picture.stride;
    add (same, &picture);
    add (other, &picture);
  }
  g_assert_true (gen_validation_measure (same, trainer, &figures, &error));
  g_assert_cmpfloat (figures.frechet, <, 1e-6);
  g_assert_cmpuint (figures.samples, ==, n);
  g_assert_cmpfloat (figures.diversity, >, 0);
  g_assert_true (gen_validation_measure (other, trainer, &figures, &error));
  g_assert_cmpfloat (figures.frechet, >, 1e-3);

  gen_picture_init (&odd, 9, 8, 1);
  add (wrong, &odd);
  g_assert_false (gen_validation_measure (wrong, trainer, &figures, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_clear_error (&error);
  add (wrong, &odd);
  g_assert_false (gen_validation_measure (wrong, trainer, &figures, &error));
  g_assert_nonnull (strstr (error->message, "9 x 8"));
}

/* First weights are drawn from a stream for each tensor: none begins as another one does, in one
 * net or in two, but for layers that are zeros on purpose. */
static void
test_first_weights (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++) {
    const GenPreset *preset = gen_preset_list ()[p];
    GenPresetOptions options = preset_options (preset);
    g_autoptr (GArray) beginnings = g_array_new (FALSE, FALSE, sizeof (float));

    for (guint n = 0; n < gen_recipe_n_nets (preset->recipe); n++) {
      g_autoptr (GenGraph) net = preset->nets[n](&options, NULL);

      for (guint i = 0; i < net->tensors->len; i++) {
        const GenTensor *tensor = g_ptr_array_index (net->tensors, i);
        const float *values = gen_tensor_constant (tensor);

        if (values == NULL || tensor->type != GEN_TYPE_FLOAT32 || tensor->shape.rank < 2 ||
            values[0] == 0)
          continue;
        for (guint k = 0; k < beginnings->len; k++)
          g_assert_cmpfloat (values[0], !=, g_array_index (beginnings, float, k));
        g_array_append_val (beginnings, values[0]);
      }
    }
    g_assert_cmpuint (beginnings->len, >, 4);
  }
}

/* The options for size `i` of three. */
static GenPresetOptions
sized_options (const GenPreset *preset, guint i)
{
  static const int sizes[] = { 28, 32, 64 };
  GenPresetOptions options = preset_options (preset);

  if (preset->medium == &gen_medium_sound) {
    options.format.length = preset->extents != NULL ? (gsize)preset->extents[i] : 256u << i;
    options.format.channels = i == 1 ? 2 : 1;
    return options;
  }
  options.format.width = options.format.height = sizes[i];
  options.format.channels = i == 1 ? 3 : 1;
  return options;
}

/* Each loss moves each preset, in all sizes, without trouble. */
static void
test_presets (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++)
    for (guint i = 0; i < 3; i++) {
      g_autoptr (GError) error = NULL;
      GenPresetOptions options = sized_options (gen_preset_list ()[p], i);
      GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 2, .threads = 2,
        .loss = gen_loss_list ()[i], .optimizer = gen_optimizer_list ()[i] };
      g_autoptr (GenTrainer) trainer =
          preset_trainer_new (gen_preset_list ()[p], &options, &settings, &error);

      g_assert_no_error (error);
      make_steps (trainer, 1);
      g_assert_cmpint (gen_trainer_format (trainer).channels, ==, options.format.channels);
    }
}

/* Steps until it diverges, at most 20; the first whose nets were not worth keeping. */
static int
diverge (const GenTrainerSettings *settings)
{
  g_autoptr (GError) error = NULL, bad = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small, settings, &error);
  float batch[BATCH * 64];
  GenTrainerFigures figures;
  int step = 0, kept = 0;

  g_assert_no_error (error);
  draw (batch, G_N_ELEMENTS (batch), 0);
  while (step < 20 && gen_trainer_step (trainer, batch, NULL, &figures, &error)) {
    step++;
    if (bad == NULL && gen_trainer_check (trainer, &bad))
      kept++;
  }
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
  g_assert_nonnull (strstr (error->message, "learning-rate"));
  if (step > 0) {
    g_assert_error (bad, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
    g_assert_nonnull (strstr (bad->message, "learning-rate"));
  }
  return kept;
}

/* What is far too fast ends within 20 steps, whatever the loss and the optimizer, and none of its
 * nets is worth keeping, not even those of the step before. Many of its losses are finite. */
static void
test_divergence (void)
{
  for (int l = 0; gen_loss_list ()[l] != NULL; l++)
    for (int o = 0; gen_optimizer_list ()[o] != NULL; o++)
      for (double rate = 1e6; rate <= 1e30; rate *= 1e24)
        g_assert_cmpint (diverge (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
                             .learning_rate = rate, .loss = gen_loss_list ()[l],
                             .optimizer = gen_optimizer_list ()[o], .threads = 2 }),
            ==, 0);
}

/* A critic that nothing binds may have scores of tens of thousands, and be right. */
static void
test_large_scores (void)
{
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
    .loss = &gen_loss_hinge, .threads = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small, &settings, &error);
  float batch[BATCH * 64], scores[BATCH];
  float *last = NULL;
  gsize n = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (trainer, i);

    /* Its last layer's, from many to one. */
    if (g_str_has_prefix (weight->name, "discriminator.") && weight->shape.rank == 2 &&
        MIN (weight->shape.dims[0], weight->shape.dims[1]) == 1) {
      last = weight->data;
      n = weight->size / sizeof *last;
    }
  }
  g_assert_cmpuint (n, >, 0);
  for (gsize i = 0; i < n; i++)
    last[i] *= 1e6f;
  gen_trainer_states_changed (trainer);
  draw (batch, G_N_ELEMENTS (batch), 0);
  adversarial_score (trainer, batch, BATCH, scores);
  g_assert_cmpfloat (fabsf (scores[0]), >, 1e4);
  make_steps (trainer, 5);
  g_assert_true (gen_trainer_check (trainer, &error));
  g_assert_no_error (error);
}

static void
expect_setting (const GenTrainerSettings *settings, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (preset_trainer_new (&gen_preset_mlp, &small, settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS };
  GenPresetOptions odd = { GEN_PRESET_DEFAULTS, .format.width = 30 };
  g_autoptr (GenGraph) g28 = NULL, d8 = NULL;

  settings.batch_size = 0;
  expect_setting (&settings, "batch-size");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .label_smoothing = 0.7 };
  expect_setting (&settings, "label-smoothing");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .gradient_penalty = -1 };
  expect_setting (&settings, "gradient-penalty");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .discriminator_steps = 0 };
  expect_setting (&settings, "discriminator-steps");
  settings =
      (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .discriminator_steps = 2, .accumulate = 2 };
  expect_setting (&settings, "discriminator-steps");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .r1 = -1 };
  expect_setting (&settings, "r1");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .learning_rate = NAN };
  expect_setting (&settings, "learning-rate");

  g_assert_null (gen_preset_dcgan.nets[GENERATOR](&odd, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_clear_error (&error);

  g28 = gen_preset_mlp.nets[GENERATOR](&(GenPresetOptions){ GEN_PRESET_DEFAULTS }, &error);
  d8 = gen_preset_mlp.nets[DISCRIMINATOR](&small, &error);
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS };
  ((GenTensor *)d8->inputs->pdata[0])->shape.dims[0] = 3;
  g_assert_null (adversarial_trainer (g28, d8, &settings, &error));
  g_assert_nonnull (strstr (error->message, "the batch, was fixed at 3"));
  g_assert_nonnull (strstr (error->message, "dynamic_axes={'"));
  g_assert_nonnull (strstr (error->message, "or set batch-size=3"));
  g_clear_error (&error);
  ((GenTensor *)d8->inputs->pdata[0])->shape.dims[0] = -1;
  g_assert_null (adversarial_trainer (g28, d8, &settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/families", test_families);
  g_test_add_func ("/trainer/optimizers", test_optimizers);
  g_test_add_func ("/trainer/factors", test_factors);
  g_test_add_func ("/trainer/average", test_average);
  g_test_add_func ("/trainer/losses", test_losses);
  g_test_add_func ("/trainer/learns", test_learns);
  g_test_add_func ("/trainer/numbered-streams", test_numbered_streams);
  g_test_add_func ("/trainer/resume", test_resume);
  g_test_add_func ("/trainer/r1", test_r1);
  g_test_add_func ("/trainer/exact-penalties", test_exact_penalties);
  g_test_add_func ("/trainer/no-second-gradient", test_no_second_gradient);
  g_test_add_func ("/trainer/generate", test_generate);
  g_test_add_func ("/trainer/validation", test_validation);
  g_test_add_func ("/trainer/first-weights", test_first_weights);
  g_test_add_func ("/trainer/presets", test_presets);
  g_test_add_func ("/trainer/divergence", test_divergence);
  g_test_add_func ("/trainer/large-scores", test_large_scores);
  g_test_add_func ("/trainer/errors", test_errors);
  return g_test_run ();
}
