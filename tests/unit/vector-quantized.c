/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe vector-quantized against PyTorch's and numpy's numbers, its preset, and what is
 * refused. */
#include <generative/preset.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define BATCH 4
#define SIDE 4
#define SIZE (SIDE * SIDE)
#define LENGTH 3
#define CODES 5

enum { ENCODER, QUANTIZER, DECODER, NETS };

static GenTensor *
wave (GenGraph *graph, const char *name, const GenShape *shape, double pace)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)(0.6 * (float)sin (pace * (double)i + 0.3));
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

/* Windows of 2x2, each by itself. */
static GenGraph *
filter_new (const char *op, const GenShape *taken, const GenShape *weight, double pace)
{
  GenGraph *graph = gen_graph_new (op);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, taken);
  GenTensor *y =
      gen_graph_op (graph, op, (GenTensor *[]){ x, wave (graph, "weight", weight, pace) }, 2, 1,
          &error, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, const gint64 *order)
{
  return gen_graph_op (graph, "Transpose", &x, 1, 1, NULL, "perm", GEN_INTS, 4, order, NULL);
}

/* The nearest vector by all differences, another way than the preset's. */
static GenGraph *
quantizer_new (const char *codes)
{
  GenGraph *graph = gen_graph_new ("quantizer");
  g_autoptr (GError) error = NULL;
  const gint64 axis = 2;
  GenTensor *x = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, LENGTH, SIDE / 2, SIDE / 2));
  GenTensor *book = wave (graph, "codebook", &GEN_SHAPE (CODES, LENGTH), 1.7), *y;

  x = transpose (graph, x, (gint64[]){ 0, 2, 3, 1 });
  x = gen_binary (
      graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ BATCH * 4, 1, LENGTH }, 3), &error);
  y = gen_binary (graph, "Sub", x, book, &error);
  y = gen_binary (graph, "Mul", y, y, &error);
  y = gen_graph_op (graph, "ReduceSum", (GenTensor *[]){ y, gen_graph_ints (graph, &axis, 1) }, 2,
      1, &error, "keepdims", GEN_INT, 0, NULL);
  y = gen_graph_op (
      graph, "ArgMin", &y, 1, 1, &error, "axis", GEN_INT, 1, "keepdims", GEN_INT, 0, NULL);
  x = gen_binary (graph, "Gather", book, y, &error);
  x = gen_binary (graph, "Reshape", x,
      gen_graph_ints (graph, (gint64[]){ BATCH, SIDE / 2, SIDE / 2, LENGTH }, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, transpose (graph, x, (gint64[]){ 0, 3, 1, 2 }));
  gen_graph_add_output (graph, y);
  if (codes != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.codes"), g_strdup (codes));
  return graph;
}

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_vector_quantized, .batch_size = BATCH,               \
                        .learning_rate = 0.01, .seed = 3, .precision = GEN_PRECISION_FLOAT32,      \
                        .optimizer_settings = { .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-3 }

static GenTrainer *
trainer_new (const char *codes, gint64 length, const GenTrainerSettings *settings, GError **error)
{
  g_autoptr (GenGraph) encoder =
      filter_new ("Conv", &GEN_SHAPE (BATCH, 1, SIDE, SIDE), &GEN_SHAPE (length, 1, 2, 2), 0.7);
  g_autoptr (GenGraph) quantizer = quantizer_new (codes);
  g_autoptr (GenGraph) decoder = filter_new ("ConvTranspose",
      &GEN_SHAPE (BATCH, LENGTH, SIDE / 2, SIDE / 2), &GEN_SHAPE (LENGTH, 1, 2, 2), 1.3);
  GenGraph *const nets[NETS] = { encoder, quantizer, decoder };

  return gen_trainer_new (nets, settings, error);
}

static double
figure (const GenTrainerFigures *figures, const char *name)
{
  return figures->values[gen_recipe_figure (&gen_recipe_vector_quantized, name)];
}

static float
state (GenTrainer *trainer, const char *name, int i)
{
  return ((const float *)gen_plan_find (gen_trainer_plan (trainer), name)->data)[i];
}

/* Three steps of torch 2.15. */
static void
test_torch (void)
{
  static const double expected[][3] = { { 1.36832833, 0.58176285, 2.915138 },
    { 0.78228348, 0.42734149, 4.155541 }, { 1.42883623, 0.59483051, 3.198557 } };
  static const float weights[] = { -0.33614159f, 0.46615285f, -0.24938755f, -0.01339897f };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      trainer_new (G_STRINGIFY (CODES), LENGTH, &(GenTrainerSettings){ SETTINGS }, &error);
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];

  g_assert_no_error (error);
  for (int step = 0; step < 3; step++) {
    for (int i = 0; i < BATCH * SIZE; i++)
      samples[i] = (float)sin (0.37 * (step * BATCH * SIZE + i));
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), expected[step][0], 1e-5);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "reconstruction"), expected[step][1], 1e-5);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "perplexity"), expected[step][2], 1e-4);
  }
  g_assert_cmpfloat_with_epsilon (state (trainer, "encoder.weight", 5), weights[0], 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "quantizer.codebook", 4), weights[1], 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "quantizer.codebook", 13), weights[2], 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "decoder.weight", 7), weights[3], 1e-5);
}

static void
fill_samples (float samples[BATCH * SIZE], int step)
{
  for (int i = 0; i < BATCH * SIZE; i++)
    samples[i] = (float)sin (0.37 * (step * BATCH * SIZE + i));
}

/* Nets other than the codebook stay as they are. */
#define STILL .learning_rate = 1e-30

/* Four steps of numpy 2.4: averages of what is nearest, by the paper's appendix. */
static void
test_averages (void)
{
  static const float vectors[CODES][LENGTH] = { { -0.25589884f, 0.69522199f, -0.59781513f },
    { -0.57300157f, 0.4775207f, 0.20925294f }, { -0.49588581f, -0.19269873f, 0.55980134f },
    { 0.48049759f, -0.76720173f, 0.47927702f }, { 0.5831806f, -0.24122879f, -0.45956796f } };
  static const float uses[CODES] = { 4.08282f, 2.78642f, 2.45342f, 4.21582f, 2.46152f };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (G_STRINGIFY (CODES), LENGTH,
      &(GenTrainerSettings){ SETTINGS, STILL, .codebook_decay = 0.9 }, &error);
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];

  g_assert_no_error (error);
  for (int step = 0; step < 4; step++) {
    fill_samples (samples, step);
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  }
  for (int i = 0; i < CODES; i++) {
    g_assert_cmpfloat_with_epsilon (state (trainer, "quantizer.codebook.uses", i), uses[i], 1e-4);
    for (int k = 0; k < LENGTH; k++)
      g_assert_cmpfloat_with_epsilon (
          state (trainer, "quantizer.codebook", i * LENGTH + k), vectors[i][k], 1e-5);
  }
}

/* What is made of window `place` of the samples, by the encoder as it begins. */
static void
encode (const float *samples, int place, double vector[LENGTH])
{
  const int side = SIDE / 2, window = place % (side * side);
  const float *corner =
      samples + place / (side * side) * SIZE + window / side * 2 * SIDE + window % side * 2;

  for (int k = 0; k < LENGTH; k++) {
    vector[k] = 0;
    for (int i = 0; i < 4; i++)
      vector[k] += corner[i / 2 * SIDE + i % 2] * 0.6 * sin (0.7 * (k * 4 + i) + 0.3);
  }
}

/* A vector that nothing is nearest to becomes one of the batch; the others are averages. */
static void
test_begins_anew (void)
{
  static const float vectors[CODES - 1][LENGTH] = { { -0.67382287f, 0.88054201f, -0.97730625f },
    { -1.24923844f, 1.1147796f, -0.80788441f }, { -0.01745517f, -0.35931611f, 0.67313196f },
    { 1.01194436f, -1.08766604f, 1.02868227f } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (G_STRINGIFY (CODES), LENGTH,
      &(GenTrainerSettings){ SETTINGS, STILL, .codebook_decay = 0.02 }, &error);
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];
  int found = 0;

  g_assert_no_error (error);
  fill_samples (samples, 0);
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  for (int i = 0; i < (CODES - 1) * LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (
        state (trainer, "quantizer.codebook", i), vectors[i / LENGTH][i % LENGTH], 1e-5);
  for (int place = 0; place < BATCH * SIZE / 4; place++) {
    double vector[LENGTH], apart = 0;

    encode (samples, place, vector);
    for (int k = 0; k < LENGTH; k++)
      apart += fabs (state (trainer, "quantizer.codebook", (CODES - 1) * LENGTH + k) - vector[k]);
    found += apart < 1e-5;
  }
  g_assert_cmpint (found, ==, 1);
  /* As after average use. */
  g_assert_cmpfloat_with_epsilon (
      state (trainer, "quantizer.codebook.uses", CODES - 1), BATCH * SIZE / 4.0 / CODES, 1e-5);
}

/* The preset finds the nearest vector of its codebook. */
static void
test_preset (void)
{
  static const int extents[] = { 28, 32, 64 };

  for (guint e = 0; e < G_N_ELEMENTS (extents); e++) {
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
      .format = { &gen_medium_picture, extents[e], extents[e], 1 }, .width = 2, .latent_size = 4,
      .codes = 7 };
    const gint64 grid = extents[e] / 4;
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) net = gen_preset_vq_vae.nets[QUANTIZER](&options, &error);
    g_autoptr (GenPlan) plan = NULL;
    const GenShape shape = GEN_SHAPE (1, 4, grid, grid);
    const float *book, *made;
    const gint64 *codes;
    float *x;

    g_assert_no_error (error);
    book = gen_tensor_constant (gen_graph_find (net, "codebook"));
    g_assert_true (
        gen_graph_set_input_shape (net, g_ptr_array_index (net->inputs, 0), &shape, &error));
    plan = gen_plan_new (net, NULL, &error);
    g_assert_no_error (error);
    x = gen_plan_input (plan, 0)->data;
    for (gint64 i = 0; i < 4 * grid * grid; i++)
      x[i] = (float)sin (1.3 * (double)i);
    g_assert_true (gen_plan_run (plan, &error));
    made = gen_plan_output (plan, 0)->data;
    codes = gen_plan_output (plan, 1)->data;
    for (gint64 p = 0; p < grid * grid; p++) {
      int nearest = 0;
      double least = INFINITY;

      for (int c = 0; c < 7; c++) {
        double sum = 0;

        for (int k = 0; k < 4; k++)
          sum += pow (x[k * grid * grid + p] - book[c * 4 + k], 2);
        nearest = sum < least ? c : nearest;
        least = MIN (sum, least);
      }
      g_assert_cmpint (codes[p], ==, nearest);
      for (int k = 0; k < 4; k++)
        g_assert_cmpfloat (made[k * grid * grid + p], ==, book[nearest * 4 + k]);
    }
  }
}

/* The three nets of a patch-size fit each other. */
static void
test_patches (void)
{
  for (int patch = 2; patch <= 16; patch *= 2) {
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
      .format = { &gen_medium_picture, 64, 64, 3 }, .width = 2, .latent_size = 4, .codes = 7,
      .patch_size = patch };
    const gint64 vectors[] = { 4, 64 / patch, 64 / patch }, picture[] = { 3, 64, 64 };

    for (int i = 0; i < NETS; i++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (GenGraph) net = gen_preset_vq_vae.nets[i](&options, &error);
      GenTensor *x, *y;

      g_assert_no_error (error);
      x = g_ptr_array_index (net->inputs, 0);
      y = g_ptr_array_index (net->outputs, 0);
      for (int d = 0; d < 3; d++) {
        g_assert_cmpint (x->shape.dims[d + 1], ==, (i == ENCODER ? picture : vectors)[d]);
        g_assert_cmpint (y->shape.dims[d + 1], ==, (i == DECODER ? picture : vectors)[d]);
      }
    }
  }
}

static void
assert_refused (
    const char *codes, gint64 length, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (trainer_new (codes, length, settings, &error));
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

static void
test_refuses (void)
{
  const GenTrainerSettings settings = { SETTINGS };
  const GenPresetOptions one = { GEN_PRESET_DEFAULTS, .codes = 1 };
  g_autoptr (GError) error = NULL;

  assert_refused (NULL, LENGTH, &settings, "generative.codes must say how many");
  assert_refused ("no", LENGTH, &settings, "generative.codes must say how many");
  assert_refused (
      "5", LENGTH, &(GenTrainerSettings){ SETTINGS, .commitment = -1 }, "commitment must be");
  assert_refused ("5", LENGTH, &(GenTrainerSettings){ SETTINGS, .codebook_decay = 1 },
      "codebook-decay must be");
  assert_refused ("6", LENGTH, &(GenTrainerSettings){ SETTINGS, .codebook_decay = 0.9 },
      "codebook-decay: the quantizer has no weight [6, 3]");
  g_assert_null (gen_preset_vq_vae.nets[QUANTIZER](&one, &error));
  g_assert_nonnull (strstr (error->message, "codes: a codebook has two vectors or more"));
  for (int i = 0; i < NETS; i++) {
    const GenPresetOptions eight = { GEN_PRESET_DEFAULTS, .patch_size = 8, .codes = 7 };
    g_autoptr (GError) refused = NULL;

    g_assert_null (gen_preset_vq_vae.nets[i](&eight, &refused));
    g_assert_nonnull (
        strstr (refused->message, "patch-size of pictures of 28x28 is 2 or 4, not 8"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vector-quantized/torch", test_torch);
  g_test_add_func ("/vector-quantized/averages", test_averages);
  g_test_add_func ("/vector-quantized/begins-anew", test_begins_anew);
  g_test_add_func ("/vector-quantized/preset", test_preset);
  g_test_add_func ("/vector-quantized/patches", test_patches);
  g_test_add_func ("/vector-quantized/refuses", test_refuses);
  return g_test_run ();
}
