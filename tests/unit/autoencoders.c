/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipes that make samples anew, and how far these are from what they were, against PyTorch's
 * numbers. */
#include <math.h>
#include <string.h>

#include "../trainers.h"

/* --- reconstructions --- */

#define SIDE 9
#define PICTURES 2

/* Numbers within (0, 1) by a rule that another program can follow. */
static void
draw (float *numbers, int n, double rate)
{
  for (int i = 0; i < n; i++)
    numbers[i] = (float)(0.5 + 0.45 * sin (rate * i + rate));
}

/* Of two pictures, and the gradients. */
static void
check_reconstruction (const GenReconstruction *kind, double first, double second)
{
  const GenShape shape = GEN_SHAPE (PICTURES, 1, SIDE, SIDE);
  g_autoptr (GenGraph) graph = gen_graph_new ("reconstruction");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *made = gen_graph_add_input (graph, "made", GEN_TYPE_FLOAT32, &shape);
  GenTensor *wanted = gen_graph_add_input (graph, "wanted", GEN_TYPE_FLOAT32, &shape);
  const float *values;

  gen_graph_add_output (graph, kind->loss (graph, made, wanted, 1, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  draw (gen_plan_input (plan, 0)->data, PICTURES * SIDE * SIDE, 0.7);
  draw (gen_plan_input (plan, 1)->data, PICTURES * SIDE * SIDE, 0.69);
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_cmpuint (gen_plan_output (plan, 0)->size, ==, PICTURES * sizeof (float));
  values = gen_plan_output (plan, 0)->data;
  g_test_message ("%s: %.8f %.8f", kind->name, values[0], values[1]);
  g_assert_cmpfloat_with_epsilon (values[0], first, 1e-5);
  g_assert_cmpfloat_with_epsilon (values[1], second, 1e-5);
  g_assert_cmpfloat (gen_graph_check_gradients (graph, 1, &error), <, 2e-3);
  g_assert_no_error (error);
}

static void
test_reconstructions (void)
{
  check_reconstruction (&gen_reconstruction_cross_entropy, 0.64520979, 0.70004821);
  check_reconstruction (&gen_reconstruction_l1, 0.11559219, 0.32595420);
  check_reconstruction (&gen_reconstruction_l2, 0.02194059, 0.13403998);
  check_reconstruction (&gen_reconstruction_ssim, 0.08629242, 0.55783085);
  for (int i = 0; gen_reconstruction_list ()[i] != NULL; i++)
    g_assert_true (gen_reconstruction_find (gen_reconstruction_list ()[i]->name, NULL) ==
                   gen_reconstruction_list ()[i]);
}

/* --- steps: small nets, whose weights follow a rule --- */

#define BATCH 4
#define HEIGHT 2
#define WIDTH 3
#define HIDDEN 5
#define LATENT 2

enum { ENCODER, DECODER };

static GenTensor *
dense (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double rate, GError **error)
{
  const gint64 inputs = x->shape.dims[1];
  float *values = g_new (float, outputs *inputs);
  GenTensor *weight;

  for (gint64 i = 0; i < outputs * inputs; i++)
    values[i] = (float)(0.4 * sin (rate * (double)i + rate));
  weight = gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (outputs, inputs),
      g_bytes_new_take (values, outputs * inputs * sizeof (float)));
  return gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ x, weight }, 2, 1, error, "transB", GEN_INT, 1, NULL);
}

static void
free_batch (GenGraph *graph)
{
  GenTensor *input = g_ptr_array_index (graph->inputs, 0);

  input->shape.dims[0] = -1;
}

/* The mean, and where `variational` the logarithm of the variance. */
static GenGraph *
encoder (gboolean variational)
{
  GenGraph *graph = gen_graph_new ("encoder");
  GenTensor *x =
      gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, HEIGHT, WIDTH));

  x = gen_unary (graph, "Flatten", x, NULL);
  x = gen_unary (graph, "Tanh", dense (graph, "hidden", x, HIDDEN, 0.9, NULL), NULL);
  gen_graph_add_output (graph, dense (graph, "mean", x, LATENT, 1.3, NULL));
  if (variational)
    gen_graph_add_output (graph, dense (graph, "log-variance", x, LATENT, 1.7, NULL));
  free_batch (graph);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  return graph;
}

static GenGraph *
decoder (const char *last)
{
  static const gint64 shape[] = { -1, 1, HEIGHT, WIDTH };
  GenGraph *graph = gen_graph_new ("decoder");
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LATENT));

  x = gen_unary (graph, "Tanh", dense (graph, "hidden", x, HIDDEN, 2.1, NULL), NULL);
  x = dense (graph, "last", x, HEIGHT * WIDTH, 0.6, NULL);
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 4), NULL);
  gen_graph_add_output (graph, gen_unary (graph, last, x, NULL));
  free_batch (graph);
  return graph;
}

static GenTrainer *
trainer_new (const GenTrainerSettings *settings, const char *last, GError **error)
{
  g_autoptr (GenGraph) e = encoder (settings->recipe == &gen_recipe_variational);
  g_autoptr (GenGraph) d = decoder (last);

  return gen_trainer_new ((GenGraph *[]){ [ENCODER] = e, [DECODER] = d }, settings, error);
}

/* What torch has of each step, figures in the recipe's order; and of weights after the last. */
typedef struct {
  const char *weight;
  double figures[3][3];
  double first, last; /* of that weight */
} Expected;

static void
check_steps (const GenTrainerSettings *settings, const char *last, const Expected *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (settings, last, &error);
  float batch[BATCH * HEIGHT * WIDTH];
  const float *weight = NULL;
  gsize n = 0;

  g_assert_no_error (error);
  for (int i = 0; i < 3; i++) {
    GenTrainerFigures figures;

    draw (batch, G_N_ELEMENTS (batch), 1.1 + i);
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    for (guint k = 0; k < settings->recipe->n_figures; k++) {
      /* Of what nobody attacks. */
      if (settings->recipe->figures[k].attacked) {
        g_assert_true (isnan (figures.values[k]));
        continue;
      }
      g_test_message (
          "step %d: %s %.8f", i, settings->recipe->figures[k].figure.field.name, figures.values[k]);
      g_assert_cmpfloat_with_epsilon (figures.values[k], expected->figures[i][k], 1e-5);
    }
  }
  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++)
    if (g_str_equal (gen_trainer_weight (trainer, i)->name, expected->weight)) {
      weight = gen_trainer_weight (trainer, i)->data;
      n = gen_trainer_weight (trainer, i)->size / sizeof *weight;
    }
  g_assert_nonnull (weight);
  g_test_message ("%s: %.8f %.8f", expected->weight, weight[0], weight[n - 1]);
  g_assert_cmpfloat_with_epsilon (weight[0], expected->first, 1e-5);
  g_assert_cmpfloat_with_epsilon (weight[n - 1], expected->last, 1e-5);
}

#define SETTINGS(recipe_)                                                                          \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_##recipe_, .batch_size = BATCH, .threads = 2,        \
                        .learning_rate = 0.01, .optimizer_settings.beta1 = 0.9, .seed = 5,         \
                        .precision = GEN_PRECISION_FLOAT32

/* Torch had the noise of our own generator, as numbers: the stream of latents, seed 5. Free bits
 * are between the divergences of the two numbers in the second step. */
static void
test_variational (void)
{
  const GenTrainerSettings plain = { SETTINGS (variational) };
  const GenTrainerSettings warm = { SETTINGS (variational), .beta = 0.7, .beta_warm_up = 2,
    .free_bits = 0.0068, .reconstruction = &gen_reconstruction_l1 };

  check_steps (&plain, "Sigmoid",
      &(Expected){ "encoder.log-variance",
          { { 4.21340942, 4.15094471, 0.06246462 }, { 4.17050743, 4.16119909, 0.00930846 },
              { 4.17647791, 4.15953445, 0.01694361 } },
          0.37693614, -0.39076054 });
  check_steps (&warm, "Sigmoid",
      &(Expected){ "encoder.hidden",
          { { 1.73838258, 1.73838258, 0.06246462 }, { 1.62945080, 1.62604952, 0.00949529 },
              { 1.32811785, 1.31832528, 0.01398933 } },
          0.31103423, 0.37817761 });
}

static void
test_autoencoder (void)
{
  const GenTrainerSettings entropy = { SETTINGS (autoencoder) };
  const GenTrainerSettings squares = { SETTINGS (autoencoder),
    .reconstruction = &gen_reconstruction_l2 };

  check_steps (&entropy, "Sigmoid",
      &(Expected){ "encoder.hidden", { { 0.69351524 }, { 0.69295985 }, { 0.69326872 } }, 0.28913656,
          0.35513890 });
  check_steps (&squares, "Tanh",
      &(Expected){ "decoder.last", { { 0.37562397 }, { 0.35319710 }, { 0.30180496 } }, 0.23087342,
          -0.28291583 });
}

/* --- what they make, and measure --- */

/* Each sample comes beside what becomes of it. */
static void
test_shown (void)
{
  const GenTrainerSettings settings = { SETTINGS (autoencoder) };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (&settings, "Sigmoid", &error);
  const int n = 2 * BATCH + 1, size = HEIGHT * WIDTH;
  float samples[9 * HEIGHT * WIDTH], shown[2 * 9 * HEIGHT * WIDTH];
  double figures[GEN_RECIPE_MAX_FIGURES], entropy = 0;

  g_assert_no_error (error);
  draw (samples, n * size, 1.1);
  g_assert_true (gen_trainer_play (trainer, FALSE, samples, n, shown, &error));
  for (int i = 0; i < n; i++)
    for (int k = 0; k < size; k++) {
      const double wanted = samples[i * size + k], made = shown[(2 * i + 1) * size + k];

      g_assert_cmpfloat (shown[2 * i * size + k], ==, wanted);
      entropy -= (wanted * log (made) + (1 - wanted) * log (1 - made)) / (n * size);
    }
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, n, 0, figures, &error));
  g_assert_cmpfloat_with_epsilon (figures[0], entropy, 1e-5);
}

/* Far too fast a rate ends in an error, and what it leaves is not worth keeping. */
static void
test_divergence (void)
{
  const GenRecipe *recipes[] = { &gen_recipe_variational, &gen_recipe_autoencoder };

  for (guint r = 0; r < G_N_ELEMENTS (recipes); r++) {
    GenTrainerSettings settings = { SETTINGS (variational), .learning_rate = 1e12 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenTrainer) trainer = NULL;
    float batch[BATCH * HEIGHT * WIDTH];
    GenTrainerFigures figures;
    int steps = 0;

    settings.recipe = recipes[r];
    trainer = trainer_new (&settings, "Sigmoid", &error);
    g_assert_no_error (error);
    draw (batch, G_N_ELEMENTS (batch), 1.1);
    while (steps < 20 && gen_trainer_step (trainer, batch, NULL, &figures, &error))
      steps++;
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
    g_assert_nonnull (strstr (error->message, "learning-rate"));
  }
}

/* Of sounds by their spectra: what is made comes nearer to them, and latents become sounds. */
static void
test_sounds (void)
{
  enum { LENGTH = 4096, SOUNDS = 4, CODE = 4 };
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 2, .latent_size = CODE,
    .format = { &gen_medium_sound, .channels = 1, .rate = 16000, .length = LENGTH } };
  const GenTrainerSettings settings = { SETTINGS (variational), .learning_rate = 3e-3,
    .reconstruction = &gen_reconstruction_stft };
  const guint reconstruction = gen_recipe_figure (&gen_recipe_variational, "reconstruction");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_sound_vae, &options, &settings, &error);
  static float samples[SOUNDS * LENGTH], made[SOUNDS * LENGTH];
  /* To each side of the mean, from which a decoder that has learnt little departs farthest. */
  const float latents[SOUNDS * CODE] = { 2, -2, 2, -2, -2, 2, -2, 2, 2, 2, 2, 2, -2, -2, -2, -2 };
  GenTrainerFigures figures;
  double first = 0, most = 0;

  g_assert_no_error (error);
  for (int i = 0; i < SOUNDS * LENGTH; i++)
    samples[i] = expf (-0.002f * (float)(i % LENGTH)) * sinf (0.1f * (float)(i * (1 + i / LENGTH)));
  for (int step = 0; step < 50; step++) {
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    if (step == 0)
      first = figures.values[reconstruction];
  }
  g_test_message ("reconstruction %g, then %g", first, figures.values[reconstruction]);
  g_assert_cmpfloat (figures.values[reconstruction], <, 0.6 * first);
  g_assert_true (gen_trainer_play (trainer, FALSE, latents, SOUNDS, made, &error));
  for (int i = 0; i < SOUNDS * LENGTH; i++)
    most = fmax (most, fabsf (made[i]));
  g_test_message ("most %g", most);
  g_assert_cmpfloat (most, >, 1e-3);
  g_assert_cmpfloat (most, <=, 1);
}

/* --- nets and settings that do not fit --- */

static void
expect (const GenTrainerSettings *settings, GenGraph *e, GenGraph *d, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new ((GenGraph *[]){ e, d }, settings, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, text);
}

static void
test_errors (void)
{
  g_autoptr (GenGraph) one = encoder (FALSE), two = encoder (TRUE), d = decoder ("Sigmoid");
  g_autoptr (GenGraph) bounded = decoder ("Tanh");
  g_autoptr (GenGraph) digits =
      gen_preset_vae.nets[DECODER](&(GenPresetOptions){ GEN_PRESET_DEFAULTS }, NULL);
  GenTrainerSettings settings = { SETTINGS (variational) };

  expect (&settings, one, d, "the encoder must have one input and two outputs, not 1 and 1");
  expect (&settings, two, digits, "the mean, is [4, 2], but the decoder takes [4, 100]");
  settings.reconstruction = &gen_reconstruction_cross_entropy;
  expect (&settings, two, bounded, "wants a decoder that ends in Sigmoid");
  settings.reconstruction = &gen_reconstruction_ssim;
  expect (&settings, two, d, "at least 7 by 7 pixels");
  settings.beta = -1;
  expect (&settings, two, d, "beta must be at least 0");
  settings = (GenTrainerSettings){ SETTINGS (variational), .free_bits = -1 };
  expect (&settings, two, d, "free-bits");
  settings = (GenTrainerSettings){ SETTINGS (autoencoder) };
  expect (&settings, two, d, "the encoder must have one input and one output, not 1 and 2");
  expect (&settings, one, digits, "the encoder makes [4, 2], but the decoder takes [4, 100]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/autoencoders/reconstructions", test_reconstructions);
  g_test_add_func ("/autoencoders/variational", test_variational);
  g_test_add_func ("/autoencoders/autoencoder", test_autoencoder);
  g_test_add_func ("/autoencoders/shown", test_shown);
  g_test_add_func ("/autoencoders/sounds", test_sounds);
  g_test_add_func ("/autoencoders/divergence", test_divergence);
  g_test_add_func ("/autoencoders/errors", test_errors);
  return g_test_run ();
}
