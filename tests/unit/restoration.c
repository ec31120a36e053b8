/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe restoration, its degradations and its presets. */
#include <generative/degradation.h>
#include <generative/plan.h>
#include <generative/preset.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"
#include "jpeg-pictures.h"

/* --- degradations --- */

/* `x` degraded once; `seen`, where there is such, is set, too. */
static GError *
degrade (const GenDegradation *degradation, const GenDegradationSettings *settings,
    const GenShape *shape, const float *x, float *y, float *seen)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("degraded");
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  GenDegraded degraded = { NULL };
  GError *error = NULL;

  if (!degradation->apply (graph, input, settings, &degraded, &error))
    return error;
  gen_graph_add_output (graph, degraded.samples);
  if (degraded.seen != NULL)
    gen_graph_add_output (graph, degraded.seen);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, gen_plan_input (plan, 0)->size);
  g_assert_true (gen_plan_run (plan, &error));
  memcpy (y, gen_plan_output (plan, 0)->data, gen_plan_output (plan, 0)->size);
  if (degraded.seen != NULL)
    memcpy (seen, gen_plan_output (plan, 1)->data, gen_plan_output (plan, 1)->size);
  return NULL;
}

static void
fill (float *x, gsize n, double step)
{
  for (gsize i = 0; i < n; i++)
    x[i] = (float)sin (step * (double)i);
}

/* The middle of a picture of 24x24, sin (0.27 i), as Pillow's resize (BICUBIC) of a picture of
 * floats has it. */
static void
test_downscale (void)
{
  static const float by_2[3] = { -0.93776959f, -0.98078460f, -0.74468529f };
  static const float by_3[3] = { -0.99256545f, -0.71619880f, 0.00492954f };
  float x[24 * 24], y[12 * 12];

  fill (x, G_N_ELEMENTS (x), 0.27);
  g_assert_no_error (degrade (&gen_degradation_downscale,
      &(GenDegradationSettings){ .factor = 2, .low = -1, .high = 1 }, &GEN_SHAPE (1, 1, 24, 24), x,
      y, NULL));
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (y[5 * 12 + 4 + i], by_2[i], 1e-5);
  g_assert_no_error (degrade (&gen_degradation_downscale,
      &(GenDegradationSettings){ .factor = 3, .low = -1, .high = 1 }, &GEN_SHAPE (1, 1, 24, 24), x,
      y, NULL));
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (y[3 * 8 + 3 + i], by_3[i], 1e-5);
}

/* A point becomes the Gaussian, whose sum is 1. */
static void
test_blur (void)
{
  float x[21 * 21] = { 0 }, y[21 * 21];
  double sum = 0;

  x[10 * 21 + 10] = 1;
  g_assert_no_error (degrade (&gen_degradation_blur, &(GenDegradationSettings){ .strength = 1.5 },
      &GEN_SHAPE (1, 1, 21, 21), x, y, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (y); i++)
    sum += y[i];
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (y[12 * 21 + 9] / y[10 * 21 + 10], exp (-5 / 4.5), 1e-5);
}

static double
level (const float *x, int n)
{
  double sum = 0;

  for (int i = n / 4; i < 3 * n / 4; i++)
    sum += (double)x[i] * x[i];
  return sqrt (2 * sum / (n / 2));
}

/* At 16 kHz, of what 8 kHz has 3 kHz is left as it was, and of 5 kHz nothing. */
static void
test_bandwidth (void)
{
  const GenDegradationSettings settings = { .factor = 2 };
  float x[1024], y[1024];

  fill (x, 1024, 2 * G_PI * 3 / 16);
  g_assert_no_error (
      degrade (&gen_degradation_bandwidth, &settings, &GEN_SHAPE (1, 1, 1024), x, y, NULL));
  g_assert_cmpfloat_with_epsilon (level (y, 1024), 1, 0.01);
  for (int i = 256; i < 768; i++)
    g_assert_cmpfloat_with_epsilon (y[i], x[i], 0.01);
  fill (x, 1024, 2 * G_PI * 5 / 16);
  g_assert_no_error (
      degrade (&gen_degradation_bandwidth, &settings, &GEN_SHAPE (1, 1, 1024), x, y, NULL));
  g_assert_cmpfloat (level (y, 1024), <, 0.01);
}

/* How far pictures are, in the mean, from what a codec leaves of them, where it changes them by
 * `changed`. */
static double
compare_jpeg (
    const guint8 *wanted, int width, int height, int channels, int quality, double *changed)
{
  const GenDegradationSettings settings = {
    .strength = quality, .factor = 1, .low = -1, .high = 1
  };
  const int plane = width * height, n = plane * channels;
  g_autofree float *x = g_new (float, n), *y = g_new (float, n);
  double apart = 0;

  for (int i = 0; i < n; i++)
    x[i] = (float)(jpeg_pixel (i % plane % width, i % plane / width, i / plane) / 127.5 - 1);
  g_assert_no_error (degrade (
      &gen_degradation_jpeg, &settings, &GEN_SHAPE (1, channels, height, width), x, y, NULL));
  *changed = 0;
  for (int i = 0; i < n; i++) {
    const double left = 127.5 * ((double)y[i] + 1);

    apart += fabs (left - wanted[i % plane * channels + i / plane]) / n;
    *changed += fabs (left - 127.5 * ((double)x[i] + 1)) / n;
  }
  g_test_message ("%g of 255 from the codec, which changes %g", apart, *changed);
  return apart;
}

/* Quality is that of libjpeg: pictures are blocked as that does, to the rounding of bytes. */
static void
test_jpeg (void)
{
  double changed;

  g_assert_cmpfloat (compare_jpeg (jpeg_grey, 20, 12, 1, 20, &changed), <, 0.1);
  g_assert_cmpfloat (changed, >, 5);
  g_assert_cmpfloat (compare_jpeg (jpeg_colour, 12, 16, 3, 60, &changed), <, 0.4);
  g_assert_cmpfloat (changed, >, 5);
}

/* Each picture has a quality of its own, and no other than is wanted. */
static void
test_jpeg_qualities (void)
{
  const GenDegradationSettings settings = { .strength = 5, .factor = 12, .low = 0, .high = 1 };
  const GenDegradationSettings beyond = { .strength = 101, .factor = 2, .low = 0, .high = 1 };
  const GenDegradationSettings four = { .strength = 5, .factor = 2, .low = 0, .high = 1 };
  float x[4 * 16 * 16], y[4 * 16 * 16];
  g_autoptr (GError) quality = NULL, channels = NULL;
  gboolean varies = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (x); i++)
    x[i] = jpeg_pixel (i % 16, i / 16 % 16, 0) / 255.0f;
  g_assert_no_error (
      degrade (&gen_degradation_jpeg, &settings, &GEN_SHAPE (4, 1, 16, 16), x, y, NULL));
  for (gsize i = 0; i < 16 * 16; i++)
    varies = varies || y[i] != y[i + 16 * 16];
  g_assert_true (varies);
  quality = degrade (&gen_degradation_jpeg, &beyond, &GEN_SHAPE (4, 1, 16, 16), x, y, NULL);
  g_assert_error (quality, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  channels = degrade (&gen_degradation_jpeg, &four, &GEN_SHAPE (1, 4, 16, 16), x, y, NULL);
  g_assert_error (channels, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
}

#define BATCH 8
#define EXTENT 32

/* What is cut out is grey, the rest as it was; how much is missing of each sample. */
static void
cut (const GenDegradation *degradation, double strength, double missing[BATCH])
{
  const GenDegradationSettings settings = { .strength = strength, .low = -1, .high = 3 };
  const int n = EXTENT * EXTENT;
  float x[BATCH * EXTENT * EXTENT], y[BATCH * EXTENT * EXTENT], seen[BATCH * EXTENT * EXTENT];

  for (gsize i = 0; i < G_N_ELEMENTS (x); i++)
    x[i] = 2;
  g_assert_no_error (
      degrade (degradation, &settings, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT), x, y, seen));
  for (int b = 0; b < BATCH; b++) {
    missing[b] = 0;
    for (int i = b * n; i < (b + 1) * n; i++) {
      g_assert_cmpfloat (y[i], ==, seen[i] != 0 ? 2 : 1);
      missing[b] += seen[i] == 0;
    }
    missing[b] /= n;
  }
}

static void
test_holes (void)
{
  float x[256], y[256], seen[256];
  double missing[BATCH];
  GError *error;

  cut (&gen_degradation_half, 0, missing);
  for (int b = 0; b < BATCH; b++)
    g_assert_cmpfloat (missing[b], ==, 0.5);
  cut (&gen_degradation_box, 0.25, missing);
  for (int b = 0; b < BATCH; b++)
    g_assert_cmpfloat_with_epsilon (missing[b], 0.25, 0.05);
  fill (x, 256, 1);
  g_assert_no_error (degrade (&gen_degradation_box, &(GenDegradationSettings){ .strength = 0.5 },
      &GEN_SHAPE (1, 1, 256), x, y, seen));
  missing[0] = 0;
  for (int i = 0; i < 256; i++)
    missing[0] += seen[i] == 0;
  g_assert_cmpfloat_with_epsilon (missing[0], 128, 1);
  error = degrade (&gen_degradation_box, &(GenDegradationSettings){ .strength = 1 },
      &GEN_SHAPE (1, 1, 256), x, y, seen);
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (
      error->message, ==, "degradation-strength: a box is a share of the whole, below 1, not 1");
  g_error_free (error);
}

/* --- the recipe --- */

static GBytes *
waves (gsize n, double step, double size)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(size * sin (step * (double)(i + 1)));
  return g_bytes_new_take (values, n * sizeof (float));
}

static GenTensor *
convolve (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double step)
{
  const gint64 inputs = x->shape.dims[1];
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  GenTensor *w = gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32,
      &GEN_SHAPE (outputs, inputs, 3, 3), waves ((gsize)(outputs * inputs * 9), step, 0.3));
  GenTensor *b = gen_graph_add_constant (
      graph, bias, GEN_TYPE_FLOAT32, &GEN_SHAPE (outputs), waves ((gsize)outputs, step, 0.1));

  return gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w, b }, 3, 1, NULL, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 1, 1, 1 }, NULL);
}

/* x + conv (tanh (conv (x))), of pictures of 6x6. */
static GenGraph *
small_net (gint64 outputs)
{
  GenGraph *graph = gen_graph_new ("small");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, 6, 6));
  GenTensor *y = gen_unary (graph, "Tanh", convolve (graph, "first", x, 4, 1.7), NULL);

  y = gen_binary (graph, "Add", x, convolve (graph, "second", y, outputs, 0.9), NULL);
  g_assert_nonnull (y);
  gen_graph_add_output (graph, y);
  return graph;
}

static GenTrainer *
small_trainer (const GenTrainerSettings *settings, gint64 outputs, GError **error)
{
  g_autoptr (GenGraph) net = small_net (outputs);

  return gen_trainer_new (&net, settings, error);
}

#define SMALL                                                                                      \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_restoration, .batch_size = 2,                        \
                        .reconstruction = &gen_reconstruction_l1, .learning_rate = 0.01,           \
                        .degradation = &gen_degradation_noise, .degradation_strength = 0.1,        \
                        .seed = 3

static double
figure (const GenTrainerFigures *figures, const char *name)
{
  return figures->values[gen_recipe_figure (&gen_recipe_restoration, name)];
}

/* Three steps with Adam as PyTorch makes them of the same weights, samples and noise. */
static void
test_steps (void)
{
  static const double losses[3] = { 0.21174559, 0.18289620, 0.18238440 };
  static const double psnr[3] = { 19.648825, 20.029200, 20.016718 };
  static const float weights[4] = { 0.28355572f, -0.06849669f, -0.25644085f, 0.14959937f };
  const GenTrainerSettings settings = { SMALL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = small_trainer (&settings, 1, &error);
  GenTrainerFigures figures;
  float samples[72];

  g_assert_no_error (error);
  for (int s = 0; s < 3; s++) {
    fill (samples, 72, 0.13 + 0.05 * s);
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), losses[s], 1e-5);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "psnr"), psnr[s], 1e-3);
    g_assert_true (isnan (figure (&figures, "si-sdr")));
  }
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_trainer_weight (trainer, 0)->data)[i], weights[i], 1e-5);
}

static void
train (GenTrainer *trainer, int from, int to)
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[72];

  for (int s = from; s < to; s++) {
    fill (samples, 72, 0.13 + 0.05 * s);
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  }
}

/* Training that goes on from its states is the same, bit for bit. */
static void
test_resume (void)
{
  const GenTrainerSettings settings = { SMALL, .ema = 0.9 };
  g_autoptr (GenTrainer) whole = small_trainer (&settings, 1, NULL);
  g_autoptr (GenTrainer) first = small_trainer (&settings, 1, NULL);
  g_autoptr (GenTrainer) second = small_trainer (&settings, 1, NULL);

  train (whole, 0, 5);
  train (first, 0, 3);
  for (guint i = 0; i < gen_trainer_n_states (first); i++)
    memcpy (gen_trainer_state (second, i)->data, gen_trainer_state (first, i)->data,
        gen_trainer_state (first, i)->size);
  gen_trainer_states_changed (second);
  train (second, 3, 5);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++)
    g_assert_cmpmem (gen_trainer_state (whole, i)->data, gen_trainer_state (whole, i)->size,
        gen_trainer_state (second, i)->data, gen_trainer_state (second, i)->size);
}

static void
test_divergence (void)
{
  const GenTrainerSettings settings = { SMALL };
  g_autoptr (GenTrainer) trainer = small_trainer (&settings, 1, NULL);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[72] = { INFINITY };

  g_assert_false (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
}

static void
refuse (const GenTrainerSettings *settings, gint64 outputs, int code, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (small_trainer (settings, outputs, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  g_autoptr (GenGraph) net = gen_preset_cleaner.nets[0](&options, &error);

  refuse (&(GenTrainerSettings){ SMALL, .degradation = &gen_degradation_downscale }, 1,
      GEN_TRAINER_ERROR_MODEL,
      "the restorer makes [2, 1, 3, 3] of degraded samples of [2, 1, 3, 3], which were [2, 1, 6, "
      "6] before; another degradation, or another degradation-factor, may be meant");
  refuse (&(GenTrainerSettings){ SMALL, .degradation = &gen_degradation_downscale,
              .degradation_factor = 4 },
      1, GEN_TRAINER_ERROR_SETTING,
      "degradation-factor: pictures of 6x6 cannot be downscaled by 4; it must divide width and "
      "height, and be 64 at most");
  refuse (&(GenTrainerSettings){ SMALL, .degradation = &gen_degradation_bandwidth }, 1,
      GEN_TRAINER_ERROR_SETTING,
      "degradation: bandwidth is for sounds, and the samples are pictures");
  refuse (&(GenTrainerSettings){ SMALL, .reconstruction = &gen_reconstruction_cross_entropy }, 1,
      GEN_TRAINER_ERROR_MODEL,
      "reconstruction=cross-entropy wants a restorer that ends in Sigmoid, and samples from 0 to 1 "
      "(generative.input-range)");
  g_assert_null (gen_trainer_new (&net, &(GenTrainerSettings){ SMALL }, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "the restorer's output"));
}

/* Of a net that leaves sounds of `length` frames without their upper octave as they are. */
static GenTrainer *
idle_trainer (gint64 length)
{
  static const float one[] = { 1 };
  g_autoptr (GenGraph) net = gen_graph_new ("as it is");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (net, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, length));
  GenTensor *w = gen_graph_add_constant (
      net, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1), g_bytes_new_static (one, sizeof one));
  GenTrainer *trainer;

  gen_graph_add_output (net, gen_binary (net, "Conv", x, w, NULL));
  trainer = gen_trainer_new (&net,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_restoration,
          .batch_size = 1, .degradation = &gen_degradation_bandwidth },
      &error);
  g_assert_no_error (error);
  return trainer;
}

static void
make_sound (float *sound, int n)
{
  for (int i = 0; i < n; i++)
    sound[i] = (float)(sin (0.4 * i) + 0.3 * sin (2.6 * i));
}

/* What an octave that a lower rate does not have costs: SI-SDR of what is shown, by its formula. */
static void
test_sound (void)
{
  g_autoptr (GenTrainer) trainer = idle_trainer (256);
  g_autoptr (GError) error = NULL;
  float sound[256], shown[3 * 256];
  double product = 0, energy = 0, signal = 0, rest = 0, values[GEN_RECIPE_MAX_FIGURES];

  make_sound (sound, 256);
  g_assert_true (gen_trainer_play (trainer, FALSE, sound, 1, shown, &error));
  for (int i = 0; i < 256; i++) {
    product += (double)shown[256 + i] * sound[i];
    energy += (double)sound[i] * sound[i];
  }
  for (int i = 0; i < 256; i++) {
    const double target = product / energy * sound[i];

    signal += target * target;
    rest += pow (shown[256 + i] - target, 2);
  }
  g_assert_true (gen_trainer_measure (trainer, FALSE, sound, NULL, 1, 0, values, &error));
  g_assert_cmpfloat_with_epsilon (values[gen_recipe_figure (&gen_recipe_restoration, "si-sdr")],
      10 * log10 (signal / rest), 1e-3);
  g_assert_true (isnan (values[gen_recipe_figure (&gen_recipe_restoration, "psnr")]));
  g_assert_true (isnan (values[gen_recipe_figure (&gen_recipe_restoration, "lsd")]));
}

/* What numpy has, of its convolution and its FFT. */
static void
test_figures_of_sounds (void)
{
  g_autoptr (GenTrainer) trainer = idle_trainer (1100);
  g_autoptr (GError) error = NULL;
  double values[GEN_RECIPE_MAX_FIGURES];
  float sound[1100];

  make_sound (sound, 1100);
  g_assert_true (gen_trainer_measure (trainer, FALSE, sound, NULL, 1, 0, values, &error));
  g_test_message ("lsd %.6f, si-sdr %.6f",
      values[gen_recipe_figure (&gen_recipe_restoration, "lsd")],
      values[gen_recipe_figure (&gen_recipe_restoration, "si-sdr")]);
  g_assert_cmpfloat_with_epsilon (
      values[gen_recipe_figure (&gen_recipe_restoration, "lsd")], 1.835570, 1e-3);
  g_assert_cmpfloat_with_epsilon (
      values[gen_recipe_figure (&gen_recipe_restoration, "si-sdr")], 10.463152, 1e-3);
}

/* --- presets --- */

/* Each learns on a part of the samples, is shown beside them, and plays at other extents. */
static void
check_preset (const GenPreset *preset, int channels, int scale, const GenDegradation *degradation)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 4,
    .format = { &gen_medium_picture, 32, 32, channels } };
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 4, .crop = 16,
    .learning_rate = 2e-3, .degradation = degradation };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (preset, &options, &settings, &error);
  g_autoptr (GenGraph) net = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTrainerFigures figures;
  g_autofree float *samples = NULL, *shown = NULL;
  double before[GEN_RECIPE_MAX_FIGURES], after[GEN_RECIPE_MAX_FIGURES];
  GenTensor *input;
  GenShape shape;
  gsize size;

  g_assert_no_error (error);
  size = gen_trainer_sample_size (trainer);
  g_assert_cmpuint (size, ==, (gsize)(channels * 32 * 32));
  samples = g_new (float, 4 * size);
  shown = g_new (float, 3 * 4 * size);
  fill (samples, 4 * size, 0.11);
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, 4, 0, before, &error));
  for (int s = 0; s < 30; s++)
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, 4, 0, after, &error));
  g_assert_cmpfloat (after[0], <, before[0]);
  g_assert_cmpfloat (after[1], >, before[1]);
  g_assert_true (gen_trainer_play (trainer, FALSE, samples, 4, shown, &error));
  g_assert_cmpmem (shown + 2 * size, size * sizeof (float), samples, size * sizeof (float));

  net = gen_trainer_export (trainer, 0, FALSE);
  if (degradation != &gen_degradation_auto)
    g_assert_cmpstr (
        g_hash_table_lookup (net->metadata, "generative.degradation"), ==, degradation->name);
  input = g_ptr_array_index (net->inputs, 0);
  shape = GEN_SHAPE (1, input->shape.dims[1], 24, 40);
  g_assert_true (gen_graph_set_input_shape (net, input, &shape, &error));
  plan = gen_plan_new (net, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (gen_shape_equal (
      &gen_plan_output (plan, 0)->shape, &GEN_SHAPE (1, channels, scale * 24, scale * 40)));
}

static void
test_presets (void)
{
  check_preset (&gen_preset_super_resolver, 3, 2, &gen_degradation_auto);
  check_preset (&gen_preset_super_resolver, 1, 2, &gen_degradation_auto);
  check_preset (&gen_preset_inpainter, 3, 1, &gen_degradation_auto);
  check_preset (&gen_preset_inpainter, 1, 1, &gen_degradation_auto);
  check_preset (&gen_preset_cleaner, 3, 1, &gen_degradation_blur);
}

/* Parts that the nets do not take are told of by the setting, with the nearest that they do. */
static void
test_refused_crop (void)
{
  static const struct {
    gsize length;
    int crop;
    const char *taken;
  } cases[] = {
    { 512, 100, "96 or 112 would do, and 0, the whole" },
    { 512, 7, "16 would do, and 0, the whole" },
    { 512, 505, "496 would do, and 0, the whole" },
    { 16, 9, "0, the whole, would do" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 2,
      .format = { &gen_medium_sound, .channels = 1, .rate = 16000, .length = cases[i].length } };
    const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 1,
      .crop = cases[i].crop };
    g_autofree char *wanted =
        g_strdup_printf ("crop: the nets of recipe restoration take no parts of extent %d; %s",
            cases[i].crop, cases[i].taken);
    g_autoptr (GError) error = NULL;

    g_assert_null (
        preset_trainer_new (&gen_preset_bandwidth_extender, &options, &settings, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_cmpstr (error->message, ==, wanted);
  }
}

static void
refuse_length (gsize length, int channels)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS,
    .format = { &gen_medium_sound, .channels = channels, .rate = 16000, .length = length } };
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_preset_bandwidth_extender.nets[0](&options, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_true (g_str_has_prefix (error->message,
      "preset bandwidth-extender takes sounds of a multiple of 16 frames (length), mono or "
      "stereo, not "));
}

/* A training begins with sounds as they are, learns on parts of them what is missing, and plays
 * at other lengths. */
static void
check_sounds (int channels)
{
  enum { LENGTH = 512, SOUNDS = 4, MOST = SOUNDS * LENGTH * 2 };
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 8,
    .format = { &gen_medium_sound, .channels = channels, .rate = 16000, .length = LENGTH } };
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = SOUNDS, .crop = 320,
    .learning_rate = 3e-3, .optimizer_settings.beta1 = 0.9,
    .reconstruction = &gen_reconstruction_l1 };
  const int n = channels * LENGTH;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_bandwidth_extender, &options, &settings, &error);
  g_autoptr (GenGraph) net = NULL;
  g_autoptr (GenPlan) plan = NULL;
  double before[GEN_RECIPE_MAX_FIGURES], after[GEN_RECIPE_MAX_FIGURES];
  const guint si_sdr = gen_recipe_figure (&gen_recipe_restoration, "si-sdr");
  static float samples[MOST], shown[3 * MOST];
  GenTrainerFigures figures;

  g_assert_no_error (error);
  /* Waves with corners: what lies above 4 kHz follows from what lies below. */
  for (int i = 0; i < SOUNDS * n; i++)
    samples[i] = (float)(0.5 * asin (sin (0.5 * (i + 7 * (i / LENGTH)))));
  g_assert_true (gen_trainer_play (trainer, FALSE, samples, SOUNDS, shown, &error));
  for (int i = 0; i < SOUNDS; i++)
    g_assert_cmpmem (shown + 3 * i * n, (gsize)n * sizeof (float), shown + (3 * i + 1) * n,
        (gsize)n * sizeof (float));
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, SOUNDS, 0, before, &error));
  for (int s = 0; s < 60; s++)
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, SOUNDS, 0, after, &error));
  g_test_message ("SI-SDR %g, then %g", before[si_sdr], after[si_sdr]);
  g_assert_cmpfloat (after[si_sdr], >, before[si_sdr] + 3);

  net = gen_trainer_export (trainer, 0, FALSE);
  g_assert_true (gen_graph_set_input_shape (
      net, g_ptr_array_index (net->inputs, 0), &GEN_SHAPE (1, channels, 48), &error));
  plan = gen_plan_new (net, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (gen_shape_equal (&gen_plan_output (plan, 0)->shape, &GEN_SHAPE (1, channels, 48)));
}

static void
test_bandwidth_extender (void)
{
  check_sounds (1);
  check_sounds (2);
  refuse_length (1000, 1);
  refuse_length (0, 1);
  refuse_length (1024, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/restoration/downscale", test_downscale);
  g_test_add_func ("/restoration/blur", test_blur);
  g_test_add_func ("/restoration/jpeg", test_jpeg);
  g_test_add_func ("/restoration/jpeg/qualities", test_jpeg_qualities);
  g_test_add_func ("/restoration/bandwidth", test_bandwidth);
  g_test_add_func ("/restoration/holes", test_holes);
  g_test_add_func ("/restoration/steps", test_steps);
  g_test_add_func ("/restoration/resume", test_resume);
  g_test_add_func ("/restoration/divergence", test_divergence);
  g_test_add_func ("/restoration/errors", test_errors);
  g_test_add_func ("/restoration/sound", test_sound);
  g_test_add_func ("/restoration/figures-of-sounds", test_figures_of_sounds);
  g_test_add_func ("/restoration/refused-crop", test_refused_crop);
  g_test_add_func ("/restoration/presets", test_presets);
  g_test_add_func ("/restoration/bandwidth-extender", test_bandwidth_extender);
  return g_test_run ();
}
