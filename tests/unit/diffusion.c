/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe diffusion: against PyTorch's numbers and the textbook's formulas, and that what is
 * trained plays by itself as the trainer shows it. */
#include "../trainers.h"
#include "denoisers.h"

#define BATCH 4
#define EXTENT 28
#define SIZE (EXTENT * EXTENT)

static const GenPresetOptions narrow = { GEN_PRESET_DEFAULTS, .width = 4, .seed = 5 };

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS,                                                                            \
      .recipe = &gen_recipe_diffusion, .batch_size = BATCH, .learning_rate = 0.01,                 \
      .optimizer_settings = { .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-3 }, .seed = 3,          \
      .threads = 2, .ema = 0.5, .sampling_steps = 3, .precision = GEN_PRECISION_FLOAT32

static GenTrainer *
trainer_new (const GenTrainerSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = preset_trainer_new (&gen_preset_unet_diffusion, &narrow, settings, &error);

  g_assert_no_error (error);
  return trainer;
}

static void
draw_samples (guint64 step, float samples[BATCH * SIZE])
{
  GenRandom random = gen_random_new (9, "test", 0);

  gen_random_uniform (&random, step, 0, samples, BATCH * SIZE);
  for (int i = 0; i < BATCH * SIZE; i++)
    samples[i] = 2 * samples[i] - 1;
}

static double
make_step (GenTrainer *trainer)
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];

  draw_samples (gen_trainer_steps (trainer), samples);
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_no_error (error);
  return figures.values[0];
}

static float
state (GenTrainer *trainer, const char *name, int i)
{
  return ((const float *)gen_plan_find (gen_trainer_plan (trainer), name)->data)[i];
}

/* Two elements of a weight, whose average torch's steps have with a decay of 0.5, and ours with one
 * that rises. */
#define AVERAGED "denoiser.out0.convolution1.weight"

typedef struct {
  double even[2], rising[2];
} Averages;

static void
follow_averages (GenTrainer *trainer, int step, Averages *averages)
{
  static const int places[] = { 0, 5 };
  const double decay = MIN (0.5, (1.0 + step) / (10 + step));

  for (int i = 0; i < 2; i++) {
    const double weight = state (trainer, AVERAGED, places[i]);

    averages->even[i] = step < 0 ? weight : (averages->even[i] + weight) / 2;
    averages->rising[i] = step < 0 ? weight : decay * averages->rising[i] + (1 - decay) * weight;
  }
}

/* Three steps of the same net with the same weights, samples, noise and times. */
static void
test_torch (void)
{
  static const double losses[] = { 0.64520764, 0.63150716, 0.71505725 };
  static const struct {
    const char *name;
    float first, sixth;
  } weights[] = {
    { "denoiser.last.convolution.weight", -0.00881571f, 0.02783665f },
    { "denoiser.first.weight", 0.54039162f, 0.35037085f },
    { "denoiser.middle1.time.weight", 0.18625918f, 0.20847078f },
    { "denoiser.attention.answer.weight", -0.00037858f, 0.00066130f },
    { "denoiser.time.dense1.weight", 0.10948561f, -0.83039683f },
    { "denoiser.up1.weight", 0.29663688f, -0.21115370f },
  };
  static const double averages[] = { -0.13767016, 0.00475051 };
  g_autoptr (GenTrainer) trainer = trainer_new (&(GenTrainerSettings){ SETTINGS });
  Averages found;

  follow_averages (trainer, -1, &found);
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++) {
    g_assert_cmpfloat_with_epsilon (make_step (trainer), losses[i], 1e-6);
    follow_averages (trainer, (int)i, &found);
  }
  for (int i = 0; i < 2; i++) {
    g_assert_cmpfloat_with_epsilon (found.even[i], averages[i], 1e-6);
    g_assert_cmpfloat_with_epsilon (
        state (trainer, "average." AVERAGED, i == 0 ? 0 : 5), found.rising[i], 1e-6);
  }
  for (guint i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_assert_cmpfloat_with_epsilon (state (trainer, weights[i].name, 0), weights[i].first, 1e-6);
    g_assert_cmpfloat_with_epsilon (state (trainer, weights[i].name, 5), weights[i].sixth, 1e-6);
  }
}

static void
test_torch_min_snr (void)
{
  static const double losses[] = { 0.25508535, 0.18227796, 0.31297129 };
  g_autoptr (GenTrainer) trainer = trainer_new (&(GenTrainerSettings){ SETTINGS, .min_snr = 5 });

  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    g_assert_cmpfloat_with_epsilon (make_step (trainer), losses[i], 1e-6);
}

/* The net makes zeros at first, so that the first loss is the mean square of what is wanted. */
static double
expect_first_loss (const GenSchedule *schedule, const char *prediction)
{
  double signals[GEN_SCHEDULE_TIMES], sum = 0;
  float samples[BATCH * SIZE], normal[BATCH * SIZE], times[BATCH];
  GenRandom random = gen_random_new (3, GEN_STREAM_TRAINING_LATENT, 0);

  draw_samples (0, samples);
  gen_random_normal (&random, 0, 0, normal, BATCH * SIZE);
  random = gen_random_new (3, GEN_STREAM_TRAINING_TIME, 0);
  gen_random_uniform (&random, 0, 0, times, BATCH);
  fill_signals (schedule, signals);
  for (int i = 0; i < BATCH * SIZE; i++) {
    const double signal = signals[(int)(times[i / SIZE] * 1000)];
    const double noise = sqrt (1 - signal * signal);
    const double wanted = strcmp (prediction, "epsilon") == 0 ? normal[i]
                          : strcmp (prediction, "v") == 0 ? signal * normal[i] - noise * samples[i]
                                                          : samples[i];

    sum += wanted * wanted;
  }
  return sum / (BATCH * SIZE);
}

static void
test_predictions (void)
{
  static const GenSchedule *const schedules[] = { &gen_schedule_linear, &gen_schedule_cosine };

  for (guint s = 0; s < G_N_ELEMENTS (schedules); s++)
    for (const GenPrediction *const *each = gen_prediction_list (); *each != NULL; each++) {
      g_autoptr (GenTrainer) trainer = trainer_new (
          &(GenTrainerSettings){ SETTINGS, .noise_schedule = schedules[s], .prediction = *each });
      const double expected = expect_first_loss (schedules[s], (*each)->name);

      g_assert_cmpfloat_with_epsilon (make_step (trainer), expected, 1e-5 * expected);
    }
}

/* The mean square of samples, which a net of zeros misses, by times, bounded and not. */
static double
expect_weighted_loss (double bound, double offset)
{
  double signals[GEN_SCHEDULE_TIMES], sum = 0;
  float samples[BATCH * SIZE], times[BATCH];
  GenRandom random = gen_random_new (3, GEN_STREAM_TRAINING_TIME, 0);

  draw_samples (0, samples);
  gen_random_uniform (&random, 0, 0, times, BATCH);
  fill_signals (&gen_schedule_cosine, signals);
  for (int i = 0; i < BATCH * SIZE; i++) {
    const double signal = signals[(int)(times[i / SIZE] * 1000)];
    const double ratio = signal * signal / (1 - signal * signal);

    sum += (fmin (ratio, bound) + offset) * samples[i] * samples[i];
  }
  return sum / (BATCH * SIZE);
}

static void
test_snr_offset (void)
{
  g_autoptr (GenTrainer) of_sample = trainer_new (&(GenTrainerSettings){
      SETTINGS, .min_snr = 0.5, .snr_offset = 1, .prediction = &gen_prediction_sample });
  g_autoptr (GenTrainer) of_v = trainer_new (&(GenTrainerSettings){
      SETTINGS, .min_snr = 1e9, .snr_offset = 1, .prediction = &gen_prediction_v });
  g_autoptr (GenTrainer) plain = trainer_new (&(GenTrainerSettings){ SETTINGS });
  const double expected = expect_weighted_loss (0.5, 1), of_plain = make_step (plain);

  g_assert_cmpfloat_with_epsilon (make_step (of_sample), expected, 1e-5 * expected);
  g_assert_cmpfloat_with_epsilon (make_step (of_v), of_plain, 1e-5 * of_plain);
}

/* The file names its sampler, and makes what the trainer shows. */
static void
test_plays (void)
{
  const GenSamplingHints none = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (&(GenTrainerSettings){ SETTINGS });
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenPlayer) player = NULL;
  const int n = BATCH + 1;
  g_autofree float *noise = g_new (float, n *SIZE), *shown = g_new (float, n *SIZE);
  const float *made;

  make_step (trainer);
  make_step (trainer);
  draw (noise, n * SIZE);
  for (int round = 0; round < 2; round++)
    g_assert_true (gen_trainer_play (trainer, TRUE, noise, n, shown, &error));
  g_assert_cmpint (gen_trainer_averaged_net (trainer), ==, 0);
  graph = gen_trainer_export (trainer, 0, TRUE);
  model = load_with (graph, &none, &error);
  g_assert_no_error (error);
  g_assert_true (model->sampler == &gen_sampler_ddim);
  g_assert_cmpint (model->runs, ==, 3);
  player = open_player (model, n, NULL);
  gen_player_bind_numbers (player, 0, noise);
  gen_player_run (player, &error);
  g_assert_no_error (error);
  made = gen_player_output (player)->data;
  for (int i = 0; i < n * SIZE; i++)
    g_assert_cmpfloat_with_epsilon (made[i], shown[i], 1e-4);
}

/* What is measured is neither trained on nor another draw each time. */
static void
test_measures (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (&(GenTrainerSettings){ SETTINGS });
  double values[2][GEN_RECIPE_MAX_FIGURES];
  float samples[BATCH * SIZE];

  draw_samples (0, samples);
  for (int round = 0; round < 2; round++)
    g_assert_true (
        gen_trainer_measure (trainer, FALSE, samples, NULL, BATCH, 0, values[round], &error));
  g_assert_cmpfloat (values[0][0], ==, values[1][0]);
  g_assert_cmpfloat_with_epsilon (
      values[0][0], expect_first_loss (&gen_schedule_cosine, "v"), 1e-5);
}

/* --- what is wrong --- */

/* What is far too fast is told, with what may help, before nets are kept that are worthless. */
static void
test_divergence (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      trainer_new (&(GenTrainerSettings){ SETTINGS, .learning_rate = 1e4 });
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];
  int step = 0;

  draw_samples (0, samples);
  while (step < 20 && gen_trainer_step (trainer, samples, NULL, &figures, &error))
    step++;
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
  g_assert_nonnull (strstr (error->message, "a smaller learning-rate"));
}

static void
assert_refused (GenGraph *net, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (&net, settings, &error));
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

/* A convolution and what `shape` adds. */
static GenGraph *
net_of (GenTensor *(*shape) (GenGraph *graph, GenTensor *x))
{
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));
  GenTensor *weight = gen_graph_full (graph, &GEN_SHAPE (1, 1, 1, 1), 1);

  gen_graph_add_output (graph, shape (graph, binary (graph, "Conv", x, weight)));
  return graph;
}

static GenTensor *
add_layer (GenGraph *graph, GenTensor *x)
{
  gen_graph_add_input (graph, "layer", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));
  return x;
}

static GenTensor *
add_time (GenGraph *graph, GenTensor *x)
{
  gen_graph_add_input (graph, "t", GEN_TYPE_INT64, &GEN_SHAPE (BATCH, 1));
  return x;
}

static void
test_refuses (void)
{
  g_autoptr (GError) error = NULL;
  const GenPresetOptions odd = { GEN_PRESET_DEFAULTS, .format.width = 30, .format.height = 30 };
  g_autoptr (GenGraph) preset = gen_preset_unet_diffusion.nets[0](&narrow, &error);
  g_autoptr (GenGraph) timeless = net_of (add_layer);

  assert_refused (preset, &(GenTrainerSettings){ SETTINGS, .noise_schedule = &gen_schedule_karras },
      "these have them: linear, scaled-linear, cosine, shifted-cosine");
  assert_refused (preset, &(GenTrainerSettings){ SETTINGS, .min_snr = -1 }, "min-snr must be");
  assert_refused (
      preset, &(GenTrainerSettings){ SETTINGS, .snr_offset = -1 }, "snr-offset must be");
  assert_refused (
      preset, &(GenTrainerSettings){ SETTINGS, .sampling_steps = 1001 }, "sampling-steps must be");
  say (preset, "generative.prediction", "epsilon");
  assert_refused (preset, &(GenTrainerSettings){ SETTINGS },
      "trained with prediction epsilon, as its metadata generative.prediction says, not v");
  assert_refused (
      timeless, &(GenTrainerSettings){ SETTINGS }, "noisy samples and then their times");
  g_assert_null (gen_preset_unet_diffusion.nets[0](&odd, &error));
  g_assert_nonnull (strstr (error->message, "28x28, 32x32 or 64x64 pixels, not 30x30"));
}

/* Whole times in a column are as good. */
static void
test_whole_times (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = net_of (add_time);
  g_autoptr (GenTrainer) trainer = NULL;
  g_autofree float *noise = g_new (float, BATCH *SIZE), *shown = g_new (float, BATCH *SIZE);

  trainer = gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS }, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (make_step (trainer), >, 0);
  draw (noise, BATCH * SIZE);
  g_assert_true (gen_trainer_play (trainer, FALSE, noise, BATCH, shown, &error));
}

/* Colours, other sizes, widths that groups do not divide. */
static void
test_sizes (void)
{
  static const int extents[] = { 28, 32, 64 };

  for (guint i = 0; i < G_N_ELEMENTS (extents); i++) {
    g_autoptr (GError) error = NULL;
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
      .format = { &gen_medium_picture, extents[i], extents[i], 3 }, .width = 5 };
    g_autoptr (GenGraph) net = gen_preset_unet_diffusion.nets[0](&options, &error);
    const GenTensor *made;

    g_assert_no_error (error);
    made = g_ptr_array_index (net->outputs, 0);
    g_assert_true (gen_shape_equal (&made->shape, &GEN_SHAPE (FREE, 3, extents[i], extents[i])));
  }
}

/* What the convolution whose weight is called `name` reads and makes. */
static GenNode *
find_reader (GenGraph *graph, const char *name)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->inputs->len > 1 && strcmp (gen_node_input (node, 1)->name, name) == 0)
      return node;
  }
  g_error ("no node reads %s", name);
}

/* A net for patches whose last layer, of zero weights, gives each channel its number, and that
 * shows what its first convolution reads as well. */
static GenPlan *
plan_of_patches (int extent, int patch)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
    .format = { &gen_medium_picture, extent, extent, 3 }, .width = 4, .patch_size = patch };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = gen_preset_unet_diffusion.nets[0](&options, &error);
  GenPlan *plan;
  float *bias;

  g_assert_no_error (error);
  bias = (float *)gen_tensor_constant (gen_graph_find (net, "last.convolution.bias"));
  for (int i = 0; i < 3 * patch * patch; i++)
    bias[i] = (float)i;
  gen_graph_add_output (net, gen_node_input (find_reader (net, "first.weight"), 0));
  gen_graph_set_free_dimensions (net, NULL, 2);
  plan = gen_plan_new (net, NULL, &error);
  g_assert_no_error (error);
  return plan;
}

/* Which of the numbers of a picture is in `channel` at (x, y), of patches or not. */
static int
place_of (int extent, int patch, int channel, int y, int x)
{
  const int colour = channel / (patch * patch), within = channel % (patch * patch);

  return (colour * extent + y * patch + within / patch) * extent + x * patch + within % patch;
}

static void
check_patches (int extent, int patch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = plan_of_patches (extent, patch);
  const int places = extent / patch, channels = 3 * patch * patch, size = 3 * extent * extent;
  float *noisy = gen_plan_input (plan, 0)->data;
  const float *made, *folded;

  draw (noisy, 2 * size);
  memset (gen_plan_input (plan, 1)->data, 0, gen_plan_input (plan, 1)->size);
  g_assert_true (gen_plan_run (plan, &error));
  made = gen_plan_output (plan, 0)->data;
  folded = gen_plan_output (plan, 1)->data;
  g_assert_true (gen_shape_equal (
      &gen_plan_output (plan, 1)->shape, &GEN_SHAPE (2, channels, places, places)));
  for (int i = 0; i < 2 * size; i++) {
    const int picture = i / size, channel = i % size / (places * places);
    const int place =
        place_of (extent, patch, channel, i / places % places, i % places) + picture * size;

    g_assert_cmpfloat (folded[i], ==, noisy[place]);
    g_assert_cmpfloat (made[place], ==, channel);
  }
}

/* The pixels of a patch are the channels of a place, and become pixels again. */
static void
test_patches (void)
{
  static const int sizes[][2] = { { 28, 2 }, { 28, 4 }, { 32, 2 }, { 32, 4 }, { 64, 2 }, { 64, 4 },
    { 64, 8 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_patches (sizes[i][0], sizes[i][1]);
}

/* The same samples, times and noise in each step. */
static void
test_learns_patches (void)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 8, .patch_size = 4, .seed = 5 };
  const GenTrainerSettings settings = { SETTINGS, .prediction = &gen_prediction_sample };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_unet_diffusion, &options, &settings, &error);
  float samples[BATCH * SIZE];
  double first = 0, last = 0;

  g_assert_no_error (error);
  for (int i = 0; i < BATCH * SIZE; i++)
    samples[i] = (i / 3 + i / EXTENT / 2) % 2 == 0 ? 0.8f : -0.8f;
  for (int step = 0; step < 60; step++) {
    GenTrainerFigures figures;

    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    last = figures.values[0];
    if (step == 0)
      first = last;
  }
  g_assert_cmpfloat (last, <, first / 4);
}

static void
test_refuses_patches (void)
{
  static const struct {
    int extent, patch;
    const char *words;
  } cases[] = {
    { 28, 3, "patch-size of pictures of 28x28 is 1, 2 or 4, not 3" },
    { 32, 8, "patch-size of pictures of 32x32 is 1, 2 or 4, not 8" },
    { 64, 5, "patch-size of pictures of 64x64 is 1, 2, 4 or 8, not 5" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
      .format = { &gen_medium_picture, cases[i].extent, cases[i].extent, 3 }, .width = 4,
      .patch_size = cases[i].patch };
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_preset_unet_diffusion.nets[0](&options, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, cases[i].words));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/diffusion/torch", test_torch);
  g_test_add_func ("/diffusion/torch-min-snr", test_torch_min_snr);
  g_test_add_func ("/diffusion/predictions", test_predictions);
  g_test_add_func ("/diffusion/snr-offset", test_snr_offset);
  g_test_add_func ("/diffusion/plays", test_plays);
  g_test_add_func ("/diffusion/measures", test_measures);
  g_test_add_func ("/diffusion/divergence", test_divergence);
  g_test_add_func ("/diffusion/refuses", test_refuses);
  g_test_add_func ("/diffusion/whole-times", test_whole_times);
  g_test_add_func ("/diffusion/sizes", test_sizes);
  g_test_add_func ("/diffusion/patches", test_patches);
  g_test_add_func ("/diffusion/learns-patches", test_learns_patches);
  g_test_add_func ("/diffusion/refuses-patches", test_refuses_patches);
  return g_test_run ();
}
