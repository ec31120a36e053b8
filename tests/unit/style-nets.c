/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nets of presets stylegan-lite and r3gan-lite: what they make of latents and pictures, and
 * three steps of training, by PyTorch with the same weights, latents and noise. There the weights
 * of stylegan-lite are scaled for each sample, as in the paper. */
#include <generative/plan.h>
#include <generative/random.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define BATCH 4
#define LATENT 8
#define PIXELS (28 * 28)

static const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 2, .latent_size = LATENT,
  .seed = 3 };

static void
draw_samples (float *batch, guint64 step)
{
  GenRandom random = gen_random_new (9, "test", 0);

  gen_random_uniform (&random, step, 0, batch, BATCH * PIXELS);
  for (int i = 0; i < BATCH * PIXELS; i++)
    batch[i] = batch[i] * 0.2f + (i % 8 < 4 ? 0.7f : -0.9f);
}

/* A net's plan for a batch, without the Sigmoid of one that scores. */
static GenPlan *
plan_of (const GenPreset *preset, guint net)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = preset->nets[net](&options, &error);
  GenTensor *input, *y;
  GenPlan *plan;
  GenShape shape;

  g_assert_no_error (error);
  input = g_ptr_array_index (graph->inputs, 0);
  y = g_ptr_array_index (graph->outputs, 0);
  if (net == DISCRIMINATOR)
    graph->outputs->pdata[0] = gen_node_input (y->producer, 0);
  shape = input->shape;
  shape.dims[0] = BATCH;
  g_assert_true (gen_graph_set_input_shape (graph, input, &shape, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  return plan;
}

static void
check_results (const GenPreset *preset, const float pixels[5], const float scores[BATCH])
{
  static const int places[5] = { 0, 1, 785, 2000, 3135 };
  g_autoptr (GenPlan) generator = plan_of (preset, GENERATOR);
  g_autoptr (GenPlan) discriminator = plan_of (preset, DISCRIMINATOR);
  GenRandom random = gen_random_new (1, "test", 0);

  gen_random_normal (&random, 0, 0, gen_plan_input (generator, 0)->data, BATCH * LATENT);
  draw_samples (gen_plan_input (discriminator, 0)->data, 0);
  g_assert_true (gen_plan_run (generator, NULL));
  g_assert_true (gen_plan_run (discriminator, NULL));
  for (int i = 0; i < 5; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_output (generator, 0)->data)[places[i]], pixels[i], 2e-5);
  for (int i = 0; i < BATCH; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_output (discriminator, 0)->data)[i], scores[i], 2e-5);
}

static void
test_results (void)
{
  check_results (&gen_preset_stylegan_lite,
      (float[]){ 2.361753f, 2.282809f, 0.660524f, 0.391329f, -0.007467f },
      (float[]){ -0.375072f, -0.363326f, -0.402655f, -0.403713f });
  check_results (&gen_preset_r3gan_lite,
      (float[]){ 0.893889f, 0.84925f, 0.338031f, -1.074388f, -0.442806f },
      (float[]){ -0.001252f, -0.00301f, 0.003674f, -0.001325f });
}

/* Have a net that has noise take some of it from the beginning. */
static void
strengthen (GenGraph *net)
{
  for (guint i = 0; i < net->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (net->tensors, i);
    const gsize n = gen_tensor_size (tensor) / sizeof (float);
    float *values;

    if (!g_str_has_suffix (tensor->name, ".noise-strength"))
      continue;
    values = g_new (float, n);
    for (gsize k = 0; k < n; k++)
      values[k] = 100;
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (values, n * sizeof *values);
  }
}

static void
check_steps (const GenPreset *preset, const GenTrainerSettings *settings, const double losses[3][2])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) generator = preset->nets[GENERATOR](&options, &error);
  g_autoptr (GenGraph) discriminator = preset->nets[DISCRIMINATOR](&options, &error);
  g_autoptr (GenTrainer) trainer = NULL;
  float batch[BATCH * PIXELS];

  g_assert_no_error (error);
  strengthen (generator);
  trainer = adversarial_trainer (generator, discriminator, settings, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++) {
    GenTrainerFigures figures;

    draw_samples (batch, i);
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    g_test_message ("%s: %.8f %.8f", preset->name,
        adversarial_figure (&figures, "discriminator-loss"),
        adversarial_figure (&figures, "generator-loss"));
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "discriminator-loss"), losses[i][0], 1e-4);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "generator-loss"), losses[i][1], 1e-4);
  }
}

static void
test_steps (void)
{
  static const double style[3][2] = { { 1.45750932, 0.96348890 }, { 1.14480442, 1.56327767 },
    { 1.21256073, 1.10878592 } };
  static const double residual[3][2] = { { 0.67160320, 0.74144447 }, { 0.75515989, 0.66931267 },
    { 0.66286123, 0.74521616 } };
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .precision = GEN_PRECISION_FLOAT32, .learning_rate = 1e-2, .r1 = 0.5,
    .penalty = GEN_PENALTY_EXACT };

  settings.optimizer_settings.beta1 = 0;
  settings.optimizer_settings.beta2 = 0.99;
  /* Where gradients are near 0, errors of rounding do not choose the direction. */
  settings.optimizer_settings.epsilon = 1e-2;
  check_steps (&gen_preset_stylegan_lite, &settings, style);
  settings.loss = &gen_loss_relativistic;
  settings.r2 = 0.25;
  check_steps (&gen_preset_r3gan_lite, &settings, residual);
}

/* As it plays, a picture hangs on its latent alone; what the noise of a trained net adds is the
 * same each time. */
static void
test_noise (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_preset_stylegan_lite.nets[GENERATOR](&options, &error);
  guint drawn = 0, noises = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < graph->nodes->len; i++)
    drawn += ((GenNode *)g_ptr_array_index (graph->nodes, i))->op->random;
  g_assert_cmpuint (drawn, ==, 0);
  for (guint i = 0; i < graph->tensors->len; i++)
    noises +=
        g_str_has_suffix (((GenTensor *)g_ptr_array_index (graph->tensors, i))->name, ".noise");
  g_assert_cmpuint (noises, ==, 5);
}

/* Noise that is not of one sample. */
static void
test_wrong_noise (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) generator = gen_preset_mlp.nets[GENERATOR](&options, &error);
  g_autoptr (GenGraph) discriminator = gen_preset_mlp.nets[DISCRIMINATOR](&options, &error);
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
    .trainable = (char *)"*dense2*" };

  g_assert_no_error (error);
  g_hash_table_insert (
      generator->metadata, g_strdup ("generative.fresh-noise"), g_strdup ("dense1.weight"));
  g_assert_null (adversarial_trainer (generator, discriminator, &settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "the generator's constant 'dense1.weight'"));
}

static void
refuse (const GenPreset *preset, int width, int height, int channels, const char *what)
{
  GenPresetOptions odd = options;

  odd.format.width = width;
  odd.format.height = height;
  odd.width = channels;
  for (guint net = 0; net < 2; net++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (preset->nets[net](&odd, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, what));
  }
}

static void
test_sizes (void)
{
  static const GenPreset *const presets[] = { &gen_preset_stylegan_lite, &gen_preset_r3gan_lite };

  refuse (&gen_preset_dcgan, 96, 96, 2,
      "preset dcgan takes pictures of 28x28, 32x32, 64x64 or 128x128 pixels, not 96x96");
  refuse (&gen_preset_stylegan_lite, 64, 64, 1, "a width of at least 2");
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    refuse (presets[i], 64, 32, 2, "128x128 or 256x256 pixels, not 64x32");
    for (int k = 0; presets[i]->extents[k] != 0; k++)
      for (guint net = 0; net < 2; net++) {
        g_autoptr (GError) error = NULL;
        GenPresetOptions right = options;
        g_autoptr (GenGraph) graph = NULL;

        right.format.width = right.format.height = presets[i]->extents[k];
        graph = presets[i]->nets[net](&right, &error);
        g_assert_no_error (error);
      }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/style-nets/results", test_results);
  g_test_add_func ("/style-nets/steps", test_steps);
  g_test_add_func ("/style-nets/noise", test_noise);
  g_test_add_func ("/style-nets/noise/wrong", test_wrong_noise);
  g_test_add_func ("/style-nets/sizes", test_sizes);
  return g_test_run ();
}
