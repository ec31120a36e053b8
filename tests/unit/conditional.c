/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that are told classes: a denoiser and a generator with its discriminator against PyTorch's
 * numbers, guidance against its formula, presets, what is made class by class, and what is refused.
 */
#include <generative/preset.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

/* denoisers.h has SIDE, LENGTH and FREE */
#include "denoisers.h"

#define BATCH 4
#define CLASSES 3
#define HIDDEN 5
#define LATENT 6

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

/* x [batch, inputs] times a wave [outputs, inputs]. */
static GenTensor *
dense (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double pace)
{
  g_autoptr (GError) error = NULL;
  GenTensor *weight = wave (graph, name, &GEN_SHAPE (outputs, x->shape.dims[1]), pace);
  GenTensor *y = gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ x, weight }, 2, 1, &error, "transB", GEN_INT, 1, NULL);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_class (GenGraph *graph, GenDataType type)
{
  static const float values[] = { 0, 1 };
  g_autoptr (GError) error = NULL;
  GenTensor *class = gen_graph_add_input (graph, "class", type, &GEN_SHAPE (BATCH));
  GenTensor *y = gen_graph_op (graph, "OneHot",
      (GenTensor *[]){ class, gen_graph_ints (graph, (gint64[]){ CLASSES }, 1),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2),
              g_bytes_new_static (values, sizeof values)) },
      3, 1, &error, NULL);

  g_assert_no_error (error);
  say (graph, "generative.classes", G_STRINGIFY (CLASSES));
  return y;
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const gint64 *shape, gsize rank)
{
  return binary (graph, "Reshape", x, gen_graph_ints (graph, shape, rank));
}

static GenGraph *
end (GenGraph *graph, GenTensor *y)
{
  gen_graph_add_output (graph, y);
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    input->shape.dims[0] = FREE;
    input->dim_names[0] = g_strdup ("batch");
  }
  y->shape.dims[0] = FREE;
  return graph;
}

static GenGraph *
denoiser_new (GenDataType type)
{
  GenGraph *graph = gen_graph_new ("denoiser");
  const gint64 column[] = { -1, 1 }, picture[] = { -1, 1, SIDE, SIDE };
  GenTensor *x =
      gen_graph_add_input (graph, "noisy", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, SIDE, SIDE));
  GenTensor *time = gen_graph_add_input (graph, "time", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH)), *y;

  y = dense (graph, "hidden", unary (graph, "Flatten", x), HIDDEN, 0.7);
  y = binary (graph, "Add", y, dense (graph, "class.weight", add_class (graph, type), HIDDEN, 1.3));
  time = binary (graph, "Mul", reshape (graph, time, column, 2), constant (graph, 0.001));
  y = binary (graph, "Add", y, dense (graph, "time.weight", time, HIDDEN, 1.1));
  y = dense (graph, "last", unary (graph, "Tanh", y), LENGTH, 0.9);
  return end (graph, reshape (graph, y, picture, 4));
}

static GenGraph *
generator_new (void)
{
  GenGraph *graph = gen_graph_new ("generator");
  const gint64 picture[] = { -1, 1, SIDE, SIDE };
  g_autoptr (GError) error = NULL;
  GenTensor *y =
      gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, LATENT));
  GenTensor *class = dense (graph, "class.weight", add_class (graph, GEN_TYPE_INT64), LATENT, 1.3);

  y = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ y, class }, 2, 1, &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  y = unary (graph, "Tanh", dense (graph, "hidden", y, HIDDEN, 0.7));
  y = unary (graph, "Tanh", dense (graph, "last", y, LENGTH, 0.9));
  return end (graph, reshape (graph, y, picture, 4));
}

static GenGraph *
discriminator_new (void)
{
  GenGraph *graph = gen_graph_new ("discriminator");
  g_autoptr (GError) error = NULL;
  GenTensor *y =
      gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, SIDE, SIDE));
  GenTensor *class = dense (graph, "class.weight", add_class (graph, GEN_TYPE_INT64), HIDDEN, 1.7);
  GenTensor *features =
      unary (graph, "Tanh", dense (graph, "hidden", unary (graph, "Flatten", y), HIDDEN, 0.5));

  y = binary (graph, "Mul", features, class);
  y = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ y, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, &error, "keepdims",
      GEN_INT, 1, NULL);
  g_assert_no_error (error);
  return end (graph, binary (graph, "Add", y, dense (graph, "last", features, 1, 1.9)));
}

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_diffusion, .batch_size = BATCH,                      \
                        .learning_rate = 0.01, .seed = 3, .precision = GEN_PRECISION_FLOAT32,      \
                        .sampling_steps = 3,                                                       \
                        .optimizer_settings = { .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-3 }

static const gint64 labels[][BATCH] = { { 0, 1, 2, 1 }, { 2, 2, 0, 1 }, { 1, 0, 2, 0 } };

static void
make_step (GenTrainer *trainer, GenTrainerFigures *figures)
{
  const int step = (int)gen_trainer_steps (trainer);
  g_autoptr (GError) error = NULL;
  float samples[BATCH * LENGTH];

  for (int i = 0; i < BATCH * LENGTH; i++)
    samples[i] = (float)sin (0.37 * (step * BATCH * LENGTH + i));
  g_assert_true (gen_trainer_step (trainer, samples, labels[step % 3], figures, &error));
  g_assert_no_error (error);
}

static float
state (GenTrainer *trainer, const char *name, int i)
{
  return ((const float *)gen_plan_find (gen_trainer_plan (trainer), name)->data)[i];
}

/* Three steps of torch 2.15, with half of the classes not told. */
static void
test_diffusion (void)
{
  static const double losses[] = { 1.14642966, 1.47633719, 1.54018009 };
  static const float weights[] = { -0.40563831f, -0.50027919f, -0.56685185f };
  static const GenDataType types[] = { GEN_TYPE_INT64, GEN_TYPE_INT32 };

  for (guint t = 0; t < G_N_ELEMENTS (types); t++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) net = denoiser_new (types[t]);
    g_autoptr (GenTrainer) trainer =
        gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .label_dropout = 0.5 }, &error);
    GenTrainerFigures figures;

    g_assert_no_error (error);
    g_assert_cmpint (gen_trainer_classes (trainer), ==, CLASSES);
    for (int step = 0; step < 3; step++) {
      make_step (trainer, &figures);
      g_assert_cmpfloat_with_epsilon (figures.values[0], losses[step], 1e-5);
    }
    g_assert_cmpfloat_with_epsilon (state (trainer, "denoiser.class.weight", 4), weights[0], 1e-5);
    g_assert_cmpfloat_with_epsilon (state (trainer, "denoiser.hidden", 7), weights[1], 1e-5);
    g_assert_cmpfloat_with_epsilon (state (trainer, "denoiser.last", 5), weights[2], 1e-5);
  }
}

static void
test_adversarial (void)
{
  static const double losses[][2] = { { 3.00221920, 0.70326233 }, { 1.96579635, 0.63087791 },
    { 0.97069347, 0.74608302 } };
  static const float weights[] = { -0.40152556f, -0.61393225f, 0.42476633f, -0.35538375f };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) generator = generator_new (), discriminator = discriminator_new ();
  g_autoptr (GenTrainer) trainer = adversarial_trainer (generator, discriminator,
      &(GenTrainerSettings){ SETTINGS, .recipe = &gen_recipe_adversarial }, &error);
  GenTrainerFigures figures;

  g_assert_no_error (error);
  for (int step = 0; step < 3; step++) {
    make_step (trainer, &figures);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "discriminator-loss"), losses[step][0], 1e-5);
    g_assert_cmpfloat_with_epsilon (
        adversarial_figure (&figures, "generator-loss"), losses[step][1], 1e-5);
  }
  g_assert_cmpfloat_with_epsilon (state (trainer, "generator.class.weight", 4), weights[0], 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "generator.last", 5), weights[1], 1e-5);
  g_assert_cmpfloat_with_epsilon (
      state (trainer, "discriminator.class.weight", 4), weights[2], 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "discriminator.hidden", 7), weights[3], 1e-5);
}

/* --- guidance --- */

/* What the denoiser makes of `x`, the time and the class. */
static void
denoise (const GenGraph *source, const float x[LENGTH], float time, gint64 class, double *made)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_copy (source);
  g_autoptr (GenPlan) plan = NULL;

  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    GenShape shape = input->shape;

    shape.dims[0] = 1;
    g_assert_true (gen_graph_set_input_shape (graph, input, &shape, &error));
  }
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, LENGTH * sizeof (float));
  *(float *)gen_plan_input (plan, 1)->data = time;
  *(gint64 *)gen_plan_input (plan, 2)->data = class;
  g_assert_true (gen_plan_run (plan, &error));
  for (int i = 0; i < LENGTH; i++)
    made[i] = ((const float *)gen_plan_output (plan, 0)->data)[i];
}

/* DDIM with v, by its formula. */
static void
follow (const GenGraph *graph, const float *noise, gint64 class, double guidance, float *sample)
{
  double signals[GEN_SCHEDULE_TIMES], x[LENGTH], with[LENGTH], without[LENGTH];
  const int steps = 3;

  fill_signals (&gen_schedule_cosine, signals);
  for (int i = 0; i < LENGTH; i++)
    x[i] = noise[i];
  for (int k = 0; k < steps; k++) {
    const int time = (int)lround (1000 * (1 - (double)k / steps)) - 1;
    const int next = (int)lround (1000 * (1 - (double)(k + 1) / steps)) - 1;
    const double a = signals[time], b = sqrt (1 - a * a);
    const double c = next >= 0 ? signals[next] : 1, d = next >= 0 ? sqrt (1 - c * c) : 0;
    float seen[LENGTH];

    for (int i = 0; i < LENGTH; i++)
      seen[i] = (float)x[i];
    denoise (graph, seen, (float)time, class, with);
    denoise (graph, seen, (float)time, CLASSES, without);
    for (int i = 0; i < LENGTH; i++) {
      const double v = without[i] + guidance * (with[i] - without[i]);
      const double made = a * x[i] - b * v;

      x[i] = c * made + d * (x[i] - a * made) / b;
    }
  }
  for (int i = 0; i < LENGTH; i++)
    sample[i] = (float)x[i];
}

/* The trainer shows each class in turn, and the file plays the same: the class flows, or is a
 * parameter, as the guidance is, which can be set between runs. */
static void
test_guidance (void)
{
  const GenSamplingHints none = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = denoiser_new (GEN_TYPE_INT64), graph = NULL;
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .guidance = 1.5 }, &error);
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenPlayer) player = NULL;
  const int n = BATCH + 2;
  float noise[(BATCH + 2) * LENGTH], shown[(BATCH + 2) * LENGTH], wanted[LENGTH];
  gint64 classes[BATCH + 2];
  GenTrainerFigures figures;

  g_assert_no_error (error);
  make_step (trainer, &figures);
  draw (noise, n * LENGTH);
  g_assert_true (gen_trainer_play (trainer, FALSE, noise, n, shown, &error));
  graph = gen_trainer_export (trainer, 0, FALSE);
  for (int p = 0; p < n; p++) {
    classes[p] = p % CLASSES;
    follow (graph, noise + p * LENGTH, classes[p], 1.5, wanted);
    for (int i = 0; i < LENGTH; i++)
      g_assert_cmpfloat_with_epsilon (shown[p * LENGTH + i], wanted[i], 1e-4);
  }
  model = load_with (graph, &none, &error);
  g_assert_no_error (error);
  player = open_player (model, n, NULL);
  gen_player_bind_numbers (player, 0, noise);
  gen_player_bind_numbers (player, 1, (const float *)(const void *)classes);
  gen_player_run (player, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n * LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_player_output (player)->data)[i], shown[i], 1e-4);
  g_assert_true (gen_player_set_parameters (player, "guidance=-0.5", &error));
  gen_player_run (player, &error);
  g_assert_no_error (error);
  follow (graph, noise + LENGTH, 1, -0.5, wanted);
  for (int i = 0; i < LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_player_output (player)->data)[LENGTH + i], wanted[i], 1e-4);
}

/* What has learned to be told a class alone goes without guidance. */
static void
test_unguided (void)
{
  const GenSamplingHints none = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = denoiser_new (GEN_TYPE_INT64), graph = NULL;
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .label_dropout = 0 }, &error);
  g_autoptr (GenModel) model = NULL;

  g_assert_no_error (error);
  graph = gen_trainer_export (trainer, 0, FALSE);
  g_assert_null (g_hash_table_lookup (graph->metadata, "generative.guidance"));
  model = load_with (graph, &none, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < model->graph->inputs->len; i++)
    g_assert_cmpstr (model->inputs[i].name, !=, "guidance");
}

/* --- presets --- */

/* Each preset that may be conditional: what it makes of one latent hangs on the class, and its nets
 * learn. */
static void
test_presets (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++) {
    static const GenClassShare mixture[] = { { 1, 1 }, { 0, 0.5 } };
    const GenPreset *preset = gen_preset_list ()[p];
    GenPresetOptions options = { GEN_PRESET_DEFAULTS, .classes = CLASSES, .conditional = TRUE };
    GenTrainerSettings settings = { SETTINGS, .batch_size = 2, .sampling_steps = 1 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenTrainer) trainer = NULL;
    g_autofree float *latents = NULL, *made = NULL;
    GenTrainerFigures figures;
    gsize size, length;

    if (!preset->conditional)
      continue;
    options.width = preset == &gen_preset_vae ? 0 : 4;
    if (preset->medium == &gen_medium_sound)
      options.format =
          (GenFormat){ &gen_medium_sound, .channels = 1, .rate = 8000, .length = 4096 };
    trainer = preset_trainer_new (preset, &options, &settings, &error);
    g_assert_no_error (error);
    length = gen_trainer_latent_size (trainer);
    size = gen_trainer_sample_size (trainer);
    made = g_new0 (float, 2 * MAX (size, length));
    latents = g_new (float, 2 * length);
    for (int step = 0; step < 2; step++)
      g_assert_true (gen_trainer_step (trainer, made, labels[0], &figures, &error));
    draw (latents, (int)length);
    memcpy (latents + length, latents, length * sizeof (float));
    g_assert_true (gen_trainer_play (trainer, FALSE, latents, 2, made, &error));
    g_assert_cmpint (memcmp (made, made + size, size * sizeof (float)), !=, 0);
    g_assert_false (gen_trainer_check_label (trainer, -1, NULL));
    g_assert_false (gen_trainer_check_label (trainer, CLASSES, NULL));
    g_assert_true (gen_trainer_check_shares (trainer, mixture, 1, NULL));
    g_assert_false (gen_trainer_check_shares (trainer, mixture, 2, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, "told one class a sample"));
  }
}

/* --- what is wrong --- */

static void
assert_refused (GenGraph *const *nets, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (nets, settings, &error));
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

static void
test_refuses (void)
{
  const GenPresetOptions unknown = { GEN_PRESET_DEFAULTS, .conditional = TRUE };
  const GenTrainerSettings adversarial = { SETTINGS, .recipe = &gen_recipe_adversarial };
  const GenSamplingHints none = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = denoiser_new (GEN_TYPE_INT64);
  g_autoptr (GenGraph) generator = generator_new (), discriminator = discriminator_new ();

  assert_refused (
      &net, &(GenTrainerSettings){ SETTINGS, .label_dropout = 1 }, "label-dropout must be");
  assert_refused (&net, &(GenTrainerSettings){ SETTINGS, .guidance = -1 }, "guidance must be");
  say (generator, "generative.classes", "4");
  assert_refused ((GenGraph *[]){ generator, discriminator }, &adversarial,
      "the discriminator is told of 3 classes, and another net of 4");
  say (net, "generative.guidance", "2");
  say (net, "generative.sampler", "ddim");
  say (net, "generative.classes", "none");
  assert_refused (&net, &(GenTrainerSettings){ SETTINGS }, "generative.classes says how many");
  g_assert_null (load_with (net, &none, &error));
  g_assert_nonnull (strstr (error->message, "generative.guidance is \"2\""));
  g_clear_error (&error);
  g_assert_null (gen_preset_mlp.nets[0](&unknown, &error));
  g_assert_nonnull (strstr (error->message, "classes=10 would say it"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditional/diffusion", test_diffusion);
  g_test_add_func ("/conditional/adversarial", test_adversarial);
  g_test_add_func ("/conditional/guidance", test_guidance);
  g_test_add_func ("/conditional/unguided", test_unguided);
  g_test_add_func ("/conditional/presets", test_presets);
  g_test_add_func ("/conditional/refuses", test_refuses);
  return g_test_run ();
}
