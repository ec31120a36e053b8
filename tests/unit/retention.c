/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps nets from forgetting: how important weights are against the formula, penalties against
 * what a plain step and the formula make together, every preset's nets with every member, and files
 * that are damaged. */
#include <generative/importance.h>
#include <generative/parameters.h>
#include <generative/random.h>
#include <generative/retention.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

#define EXTENT 4
#define INPUTS (EXTENT * EXTENT)
#define CLASSES 3
#define SAMPLES 5
#define RATE 0.05

/* --- a linear classifier, of which all is known --- */

static void
fill (float *numbers, gsize n, guint64 number)
{
  const GenRandom random = gen_random_new (11, "test", number);

  gen_random_uniform (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] = 2 * numbers[i] - 1;
}

static GenGraph *
linear_new (void)
{
  GenGraph *graph = gen_graph_new ("linear");
  float weight[CLASSES * INPUTS], bias[CLASSES];
  GenTensor *x =
      gen_graph_add_input (graph, "samples", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, EXTENT, EXTENT));
  g_autoptr (GError) error = NULL;

  fill (weight, G_N_ELEMENTS (weight), 1);
  fill (bias, G_N_ELEMENTS (bias), 2);
  x = gen_unary (graph, "Flatten", x, &error);
  x = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ x,
          gen_graph_add_constant (graph, "head.weight", GEN_TYPE_FLOAT32,
              &GEN_SHAPE (CLASSES, INPUTS), g_bytes_new (weight, sizeof weight)),
          gen_graph_add_constant (graph, "head.bias", GEN_TYPE_FLOAT32, &GEN_SHAPE (CLASSES),
              g_bytes_new (bias, sizeof bias)) },
      3, 1, &error, "transB", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  return graph;
}

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_classifier, .optimizer = &gen_optimizer_sgd,         \
                        .learning_rate = RATE, .threads = 1, .precision = GEN_PRECISION_FLOAT32,   \
                        .batch_size = SAMPLES,                                                     \
                        .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .beta1 = 0 }

static GenTrainer *
linear_trainer (const GenTrainerSettings *settings)
{
  g_autoptr (GenGraph) net = linear_new ();
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = gen_trainer_new (&net, settings, &error);

  g_assert_no_error (error);
  return trainer;
}

static void
make_samples (float *samples, gint64 *labels)
{
  fill (samples, SAMPLES * INPUTS, 3);
  for (int i = 0; i < SAMPLES; i++)
    labels[i] = i % CLASSES;
}

static const float *
numbers_of (const GenImportance *importance, const char *name)
{
  const GenImportanceOf *of = gen_importance_find (importance, name);

  g_assert_nonnull (of);
  return g_bytes_get_data (of->numbers, NULL);
}

/* Of a linear classifier the gradient of the cross entropy is (p - y) x. */
static void
test_formula (void)
{
  const GenTrainerSettings settings = { SETTINGS };
  g_autoptr (GenTrainer) trainer = linear_trainer (&settings);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenImportance) importance = NULL;
  const float *of_weight, *of_bias;
  float samples[SAMPLES * INPUTS], weight[CLASSES * INPUTS], bias[CLASSES];
  double wanted[CLASSES * INPUTS] = { 0 }, wanted_bias[CLASSES] = { 0 };
  gint64 labels[SAMPLES];

  make_samples (samples, labels);
  importance = gen_trainer_measure_importance (trainer, samples, labels, SAMPLES, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_importance_count (importance), ==, 2);
  fill (weight, G_N_ELEMENTS (weight), 1);
  fill (bias, G_N_ELEMENTS (bias), 2);
  for (int i = 0; i < SAMPLES; i++) {
    double p[CLASSES], sum = 0;

    for (int c = 0; c < CLASSES; c++) {
      p[c] = bias[c];
      for (int k = 0; k < INPUTS; k++)
        p[c] += (double)weight[c * INPUTS + k] * samples[i * INPUTS + k];
      p[c] = exp (p[c]);
      sum += p[c];
    }
    for (int c = 0; c < CLASSES; c++) {
      const double gradient = p[c] / sum - (labels[i] == c);

      wanted_bias[c] += gradient * gradient / SAMPLES;
      for (int k = 0; k < INPUTS; k++)
        wanted[c * INPUTS + k] += pow (gradient * samples[i * INPUTS + k], 2) / SAMPLES;
    }
  }
  of_weight = numbers_of (importance, "classifier.head.weight");
  of_bias = numbers_of (importance, "classifier.head.bias");
  for (int i = 0; i < CLASSES * INPUTS; i++)
    g_assert_cmpfloat_with_epsilon (of_weight[i], wanted[i], 1e-6);
  for (int i = 0; i < CLASSES; i++)
    g_assert_cmpfloat_with_epsilon (of_bias[i], wanted_bias[i], 1e-6);
}

static const float *
weight_of (GenTrainer *trainer)
{
  const GenBinding *weight = gen_trainer_weight (trainer, 0);

  g_assert_cmpstr (weight->name, ==, "classifier.head.weight");
  return weight->data;
}

static void
step (GenTrainer *trainer, const float *samples, const gint64 *labels)
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  gen_trainer_step (trainer, samples, labels, &figures, &error);
  g_assert_no_error (error);
}

/* A first step is as without; from there on each moves by rate weight importance (now - before)
 * less. */
static void
check_penalty (const GenRetention *retention, gboolean measured)
{
  const GenTrainerSettings plain = { SETTINGS };
  GenTrainerSettings settings = { SETTINGS, .retention = retention, .retain_weight = 3 };
  g_autoptr (GenTrainer) free_one = linear_trainer (&plain), held = NULL;
  g_autoptr (GenImportance) importance = NULL;
  g_autoptr (GError) error = NULL;
  float samples[SAMPLES * INPUTS], before[CLASSES * INPUTS], once[CLASSES * INPUTS];
  gint64 labels[SAMPLES];

  make_samples (samples, labels);
  if (measured) {
    importance = gen_trainer_measure_importance (free_one, samples, labels, SAMPLES, &error);
    g_assert_no_error (error);
    settings.importance = importance;
  }
  held = linear_trainer (&settings);
  memcpy (before, weight_of (held), sizeof before);
  step (free_one, samples, labels);
  step (held, samples, labels);
  memcpy (once, weight_of (held), sizeof once);
  for (int i = 0; i < CLASSES * INPUTS; i++)
    g_assert_cmpfloat (weight_of (free_one)[i], ==, once[i]);
  step (free_one, samples, labels);
  step (held, samples, labels);
  for (int i = 0; i < CLASSES * INPUTS; i++) {
    const double of = measured ? (double)numbers_of (importance, "classifier.head.weight")[i] : 1;
    const double wanted = weight_of (free_one)[i] - RATE * 3 * of * (once[i] - before[i]);

    g_assert_cmpfloat_with_epsilon (weight_of (held)[i], wanted, 1e-6);
  }
}

static void
test_penalties (void)
{
  check_penalty (&gen_retention_ewc, TRUE);
  check_penalty (&gen_retention_l2_sp, FALSE);
  check_penalty (&gen_retention_l2_sp, TRUE);
}

/* Soft labels of the two classes that there were: the gradient by a score is T (q - p). */
static void
test_distillation (void)
{
  const double T = 2;
  const GenTrainerSettings plain = { SETTINGS };
  const GenTrainerSettings settings = { SETTINGS, .retention = &gen_retention_distillation,
    .retain_weight = 3, .retain_temperature = T, .retain_classes = 2 };
  g_autoptr (GenTrainer) free_one = linear_trainer (&plain), held = linear_trainer (&settings);
  float samples[SAMPLES * INPUTS], before[CLASSES * INPUTS], once[CLASSES * INPUTS];
  float bias[CLASSES], bias_once[CLASSES];
  double wanted[CLASSES * INPUTS] = { 0 };
  gint64 labels[SAMPLES];

  make_samples (samples, labels);
  fill (bias, CLASSES, 2);
  memcpy (before, weight_of (held), sizeof before);
  step (free_one, samples, labels);
  step (held, samples, labels);
  memcpy (once, weight_of (held), sizeof once);
  memcpy (bias_once, gen_trainer_weight (held, 1)->data, sizeof bias_once);
  step (free_one, samples, labels);
  step (held, samples, labels);
  for (int i = 0; i < SAMPLES; i++) {
    double p[2], q[2];

    for (int c = 0; c < 2; c++) {
      p[c] = bias[c];
      q[c] = bias_once[c];
      for (int k = 0; k < INPUTS; k++) {
        p[c] += (double)before[c * INPUTS + k] * samples[i * INPUTS + k];
        q[c] += (double)once[c * INPUTS + k] * samples[i * INPUTS + k];
      }
      p[c] = exp (p[c] / T);
      q[c] = exp (q[c] / T);
    }
    for (int c = 0; c < 2; c++)
      for (int k = 0; k < INPUTS; k++)
        wanted[c * INPUTS + k] +=
            T * (q[c] / (q[0] + q[1]) - p[c] / (p[0] + p[1])) * samples[i * INPUTS + k] / SAMPLES;
  }
  for (int i = 0; i < CLASSES * INPUTS; i++)
    g_assert_cmpfloat_with_epsilon (
        weight_of (held)[i], weight_of (free_one)[i] - RATE * 3 * wanted[i], 2e-6);
}

/* By central differences, of all that goes in. */
static void
check_differences (const GenRetention *retention, gint64 classes)
{
  g_autoptr (GenGraph) graph = gen_graph_new (retention->name);
  const GenShape shape = GEN_SHAPE (SAMPLES, CLASSES);
  GenTensor *now = gen_graph_add_input (graph, "now", GEN_TYPE_FLOAT32, &shape);
  GenTensor *before = gen_graph_add_input (graph, "before", GEN_TYPE_FLOAT32, &shape), *penalty;
  g_autoptr (GError) error = NULL;
  double apart;

  if (retention->weights != NULL)
    penalty = retention->weights (graph, now, before,
        gen_graph_add_input (graph, "importance", GEN_TYPE_FLOAT32, &shape), &error);
  else
    penalty = retention->outputs (graph, now, before, classes, 2, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, penalty);
  apart = gen_graph_check_gradients (graph, 5, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (apart, <, 2e-3);
}

static void
test_differences (void)
{
  check_differences (&gen_retention_ewc, 0);
  check_differences (&gen_retention_l2_sp, 0);
  for (gint64 classes = 0; classes <= CLASSES; classes += CLASSES - 1)
    check_differences (&gen_retention_distillation, classes);
  check_differences (&gen_retention_distillation, CLASSES);
}

/* --- every preset --- */

static void
step_preset (GenTrainer *trainer, guint64 number)
{
  const gsize n = 2 * gen_trainer_sample_size (trainer);
  g_autofree float *samples = g_new (float, n);
  const gint64 labels[] = { 0, 1 };

  fill (samples, n, number);
  step (trainer, samples, labels);
}

static GenTrainer *
preset_new (const GenPreset *preset, gboolean conditional, GenTrainerSettings settings)
{
  GenPresetOptions options = preset_options (preset);
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer;

  if (preset->medium == &gen_medium_picture && preset != &gen_preset_mlp)
    options.width = 4;
  options.conditional = conditional;
  settings.batch_size = 2;
  settings.threads = 1;
  settings.next_frame = preset == &gen_preset_frame_predictor;
  trainer = preset_trainer_new (preset, &options, &settings, &error);
  g_assert_no_error (error);
  return trainer;
}

/* How far the weights have gone from where they were. */
static double
go (const GenPreset *preset, gboolean conditional, const GenRetention *retention, double weight,
    GenImportance *importance)
{
  g_autoptr (GenTrainer) trainer = preset_new (preset, conditional,
      (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .retention = retention, .retain_weight = weight,
          .importance = retention->measured ? importance : NULL,
          .retain_classes = conditional ? 4 : 0 });
  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func (g_free);
  double sum = 0;

  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++)
    g_ptr_array_add (before,
        g_memdup2 (gen_trainer_weight (trainer, i)->data, gen_trainer_weight (trainer, i)->size));
  for (guint64 i = 0; i < 4; i++)
    step_preset (trainer, 20 + i);
  for (guint i = 0; i < before->len; i++) {
    const GenBinding *now = gen_trainer_weight (trainer, i);
    const float *was = before->pdata[i];

    if (gen_importance_find (importance, now->name) == NULL)
      continue;
    for (gsize k = 0; k < now->size / sizeof *was; k++)
      sum += pow ((double)((const float *)now->data)[k] - was[k], 2);
  }
  return sum;
}

static void
check_preset (const GenPreset *preset, gboolean conditional)
{
  g_autoptr (GenTrainer) trainer =
      preset_new (preset, conditional, (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .ema = 0.9 });
  g_autoptr (GenImportance) importance = NULL;
  g_autofree float *samples = g_new (float, 3 * gen_trainer_sample_size (trainer));
  const gint64 labels[] = { 0, 1, 2 };
  g_autoptr (GError) error = NULL;
  double apart;
  guint n_important = 0;

  fill (samples, 3 * gen_trainer_sample_size (trainer), 7);
  step_preset (trainer, 8);
  step_preset (trainer, 9);
  importance = gen_trainer_measure_importance (trainer, samples, labels, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_importance_count (importance), <=, gen_trainer_n_weights (trainer));
  for (guint i = 0; i < gen_importance_count (importance); i++) {
    const GenImportanceOf *of = gen_importance_get (importance, i);
    const float *numbers = g_bytes_get_data (of->numbers, NULL);
    double sum = 0;

    for (gint64 k = 0; k < gen_shape_elements (&of->shape); k++)
      sum += numbers[k];
    g_assert_true (isfinite (sum) && sum >= 0);
    n_important += sum > 0;
  }
  /* All but a few, such as the ones that a first step leaves at 0. */
  g_assert_cmpuint (n_important, >, gen_importance_count (importance) / 2);
  apart = go (preset, conditional, &gen_retention_none, 0, importance);
  g_assert_cmpfloat (apart, >, 0);
  g_assert_cmpfloat (go (preset, conditional, &gen_retention_l2_sp, 1000, importance), <, apart);
  g_assert_true (isfinite (go (preset, conditional, &gen_retention_ewc, 10, importance)));
  g_assert_cmpfloat (go (preset, conditional, &gen_retention_distillation, 1, importance), >, 0);
}

static void
test_preset (gconstpointer data)
{
  const GenPreset *preset = data;

  check_preset (preset, FALSE);
  if (preset->conditional)
    check_preset (preset, TRUE);
}

/* --- files --- */

static GenImportance *
make_importance (float number, gint64 rows)
{
  GenImportance *importance = gen_importance_new ();
  const float weights[] = { 1, 2, 3, 4, 5, 6 };
  float numbers[6];

  for (int i = 0; i < 6; i++)
    numbers[i] = number + (float)i;
  gen_importance_set (importance, "classifier.head.weight", &GEN_SHAPE (rows, 2),
      g_bytes_new (numbers, (gsize)rows * 2 * sizeof *numbers),
      g_bytes_new (weights, (gsize)rows * 2 * sizeof *weights));
  return importance;
}

static void
test_carry (void)
{
  g_autoptr (GenImportance) earlier = make_importance (1, 2), now = make_importance (10, 3);
  const float wanted[] = { 10.5f, 12, 13.5f, 15, 14, 15 };

  gen_importance_carry (now, earlier, 0.5);
  for (int i = 0; i < 6; i++)
    g_assert_cmpfloat (numbers_of (now, "classifier.head.weight")[i], ==, wanted[i]);
}

static void
assert_damaged (const char *path, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_importance_load (path, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_files (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "importance.safetensors", NULL), *text = NULL;
  g_autoptr (GenImportance) importance = make_importance (1, 3), read = NULL;
  g_autoptr (GenImportance) negative = make_importance (-1, 3), none = gen_importance_new ();
  g_autoptr (GError) error = NULL;
  gsize length;

  assert_damaged (path, "importance.safetensors");
  g_assert_true (gen_importance_save (importance, path, &error));
  read = gen_importance_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (
      gen_importance_get (read, 0)->numbers, gen_importance_get (importance, 0)->numbers));
  g_assert_true (g_bytes_equal (
      gen_importance_get (read, 0)->weights, gen_importance_get (importance, 0)->weights));
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_true (g_file_set_contents (path, text, (gssize)length - 3, NULL));
  assert_damaged (path, "importance.safetensors");
  g_assert_true (gen_importance_save (negative, path, &error));
  assert_damaged (path, "no numbers from 0 on");
  g_assert_true (gen_importance_save (none, path, &error));
  assert_damaged (path, "no importance of any weight");
  scratch_remove (folder);
}

/* --- what is mistaken --- */

static void
assert_refused (const GenTrainerSettings *settings, const char *says)
{
  g_autoptr (GenGraph) net = linear_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (&net, settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_refused (void)
{
  g_autoptr (GenImportance) other = make_importance (1, 3), none = gen_importance_new ();

  assert_refused (&(GenTrainerSettings){ SETTINGS, .retention = &gen_retention_ewc },
      "wants to know how important");
  assert_refused (
      &(GenTrainerSettings){ SETTINGS, .retention = &gen_retention_ewc, .importance = other },
      "of another one");
  assert_refused (
      &(GenTrainerSettings){ SETTINGS, .retention = &gen_retention_ewc, .importance = none },
      "nothing is known");
  assert_refused (&(GenTrainerSettings){ SETTINGS, .retention = &gen_retention_l2_sp,
                      .adapter = &gen_adapter_lora, .adapter_settings.rank = 1 },
      "at scale 0");
  assert_refused (&(GenTrainerSettings){ SETTINGS, .retain_weight = -1 }, "retain-weight");
  assert_refused (&(GenTrainerSettings){ SETTINGS, .retain_temperature = 0 }, "retain-temperature");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/retention/importance", test_formula);
  g_test_add_func ("/retention/penalties", test_penalties);
  g_test_add_func ("/retention/distillation", test_distillation);
  g_test_add_func ("/retention/differences", test_differences);
  g_test_add_func ("/retention/carry", test_carry);
  g_test_add_func ("/retention/files", test_files);
  g_test_add_func ("/retention/refused", test_refused);
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *path = g_strconcat ("/retention/preset/", (*preset)->name, NULL);

    if ((*preset)->recipe != NULL)
      g_test_add_data_func (path, *preset, test_preset);
  }
  return g_test_run ();
}
