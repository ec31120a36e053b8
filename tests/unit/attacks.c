/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attacks against PyTorch's numbers, how far they go, and what has no gradient. */
#include <generative/attack.h>
#include <generative/plan.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#define BATCH 4
#define EXTENT 5
#define SIZE (BATCH * EXTENT * EXTENT)
#define CLASSES 4

static const GenAttackRange shares = { 0, 1 };

static float *
wave (gsize n, double pace, double phase, double size)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(size * sin (pace * (double)i + phase));
  return values;
}

static GenTensor *
weights (GenGraph *graph, const GenShape *shape, double pace, double phase, double size)
{
  const gsize n = gen_shape_elements (shape);

  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (wave (n, pace, phase, size), n * sizeof (float)));
}

/* The cross entropy of a convolution and a dense layer, where the samples are of four classes. */
static GenTensor *
lose (GenGraph *graph, GenTensor *x, gpointer user_data, GError **error)
{
  static const gint64 flat[] = { BATCH, 3 * EXTENT * EXTENT };
  float *own = g_new0 (float, BATCH *CLASSES);
  GenTensor *y;

  for (int i = 0; i < BATCH; i++)
    own[i * CLASSES + i] = -1;
  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, weights (graph, &GEN_SHAPE (3, 1, 3, 3), 1.3, 0.2, 0.5) }, 2, 1, error,
      "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
  y = gen_unary (graph, "Relu", y, error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, flat, 2), error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y, weights (graph, &GEN_SHAPE (CLASSES, 3 * EXTENT * EXTENT), 0.7, 1, 1) },
      2, 1, error, "transB", GEN_INT, 1, NULL);
  y = gen_graph_op (graph, "LogSoftmax", &y, 1, 1, error, "axis", GEN_INT, 1, NULL);
  return gen_binary (graph, "Mul", y,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, CLASSES),
          g_bytes_new_take (own, BATCH * CLASSES * sizeof *own)),
      error);
}

static void
fill_samples (float *samples)
{
  for (int i = 0; i < SIZE; i++)
    samples[i] = 0.5f + 0.5f * (float)sin (0.37 * i);
}

static void
fill_start (const float *samples, float *start)
{
  for (int i = 0; i < SIZE; i++)
    start[i] = CLAMP (samples[i] + 0.03f * (float)cos (0.61 * i), 0, 1);
}

/* --- against PyTorch --- */

/* `steps` from a start that is given, as gen_attack_append has them. */
static void
attack_from (const GenAttack *attack, double epsilon, double length, int steps, const float *start,
    const float *samples, float *attacked)
{
  const GenShape shape = GEN_SHAPE (BATCH, 1, EXTENT, EXTENT);
  g_autoptr (GenGraph) graph = gen_graph_new ("attack");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *clean = gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &shape);
  GenTensor *current = gen_graph_add_input (graph, "start", GEN_TYPE_FLOAT32, &shape);

  for (int i = 0; i < steps; i++) {
    current = gen_attack_advance (attack, graph, clean, current,
        lose (graph, current, NULL, &error), gen_graph_float (graph, (float)epsilon),
        gen_graph_float (graph, (float)length), &shares, &error);
    g_assert_no_error (error);
    current = gen_unary (graph, "StopGradient", current, &error);
  }
  gen_graph_add_output (graph, current);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, samples, SIZE * sizeof *samples);
  memcpy (gen_plan_input (plan, 1)->data, start, SIZE * sizeof *start);
  g_assert_true (gen_plan_run (plan, &error));
  memcpy (attacked, gen_plan_output (plan, 0)->data, SIZE * sizeof *attacked);
}

/* By torch 2.15, with autograd's gradients: some of the numbers, and all of them, each weighed. */
static void
test_torch (void)
{
  static const struct {
    const GenAttack *attack;
    double epsilon, length;
    int steps;
    gboolean elsewhere; /* it begins beside the samples */
    double numbers[5], sum;
  } cases[] = {
    { &gen_attack_fgsm, 0.1, 0.1, 1, FALSE, { 0.6, 0.4034073, 0.6835873, 0, 0.1616131 },
        0.0214776 },
    { &gen_attack_fgm, 0.5, 0.5, 1, FALSE, { 0.6014245, 0.4017676, 0.7091268, 0, 0.1233676 },
        -0.204545 },
    { &gen_attack_pgd, 0.1, 0.03, 7, TRUE, { 0.6, 0.4034073, 0.6835873, 0.0681228, 0.1616131 },
        0.0640978 },
    { &gen_attack_pgd_l2, 0.5, 0.15, 7, TRUE, { 0.6496985, 0.3845613, 0.7232226, 0, 0.1137802 },
        0.2270163 },
  };
  static const int places[] = { 0, 17, 42, 63, 99 };
  float samples[SIZE], start[SIZE], attacked[SIZE];

  fill_samples (samples);
  fill_start (samples, start);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    double sum = 0;

    attack_from (cases[i].attack, cases[i].epsilon, cases[i].length, cases[i].steps,
        cases[i].elsewhere ? start : samples, samples, attacked);
    for (gsize k = 0; k < G_N_ELEMENTS (places); k++)
      g_assert_cmpfloat_with_epsilon (attacked[places[k]], cases[i].numbers[k], 2e-6);
    for (int k = 0; k < SIZE; k++)
      sum += (double)attacked[k] * cos (k);
    g_assert_cmpfloat_with_epsilon (sum, cases[i].sum, 2e-5);
  }
}

/* --- against finite differences --- */

/* How far a layer's tanh is from the samples as they came, `user_data`. */
static GenTensor *
lose_anew (GenGraph *graph, GenTensor *x, gpointer user_data, GError **error)
{
  GenTensor *y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, weights (graph, &GEN_SHAPE (1, 1, 3, 3), 1.3, 0.2, 0.5) }, 2, 1, error,
      "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);

  y = gen_binary (graph, "Sub", gen_unary (graph, "Tanh", y, error), user_data, error);
  return gen_binary (graph, "Mul", y, y, error);
}

static GenPlan *
compile_loss (GenAttackLoss loss)
{
  const GenShape shape = GEN_SHAPE (BATCH, 1, EXTENT, EXTENT);
  g_autoptr (GenGraph) graph = gen_graph_new ("loss");
  g_autoptr (GError) error = NULL;
  GenTensor *clean = gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &shape);
  GenTensor *changed = gen_graph_add_input (graph, "changed", GEN_TYPE_FLOAT32, &shape);
  GenPlan *plan;

  gen_graph_add_output (graph, loss (graph, changed, clean, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  fill_samples (gen_plan_input (plan, 0)->data);
  fill_samples (gen_plan_input (plan, 1)->data);
  return plan;
}

/* The loss where number `k` of the samples is `by` more. */
static double
lose_at (GenPlan *plan, int k, float by)
{
  float *changed = gen_plan_input (plan, 1)->data;
  const float before = changed[k];
  const float *losses = gen_plan_output (plan, 0)->data;
  double sum = 0;

  changed[k] += by;
  g_assert_true (gen_plan_run (plan, NULL));
  changed[k] = before;
  for (gint64 i = 0; i < gen_shape_elements (&gen_plan_output (plan, 0)->shape); i++)
    sum += (double)losses[i];
  return sum;
}

/* A step along the gradient goes where the loss rises by what it takes alone, however often the
 * loss reads the samples as they were besides. */
static void
test_differences (void)
{
  const float by = 0.004f;
  const GenAttackSettings settings = { .epsilon = 0.05, .steps = 1 };
  g_autoptr (GenGraph) graph = gen_graph_new ("attack");
  g_autoptr (GenPlan) of_loss = compile_loss (lose_anew), plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *clean =
      gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));
  const float *changed;
  float samples[SIZE];

  gen_graph_add_output (graph,
      gen_attack_append (&gen_attack_fgm, &settings, NULL, graph, clean, lose_anew, clean, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  fill_samples (samples);
  memcpy (gen_plan_input (plan, 0)->data, samples, sizeof samples);
  g_assert_true (gen_plan_run (plan, &error));
  changed = gen_plan_output (plan, 0)->data;
  for (int i = 0; i < BATCH; i++) {
    double slopes[SIZE / BATCH], squares = 0;

    for (int k = 0; k < SIZE / BATCH; k++) {
      const int place = i * SIZE / BATCH + k;

      slopes[k] = (lose_at (of_loss, place, by) - lose_at (of_loss, place, -by)) / (2 * (double)by);
      squares += slopes[k] * slopes[k];
    }
    for (int k = 0; k < SIZE / BATCH; k++) {
      const int place = i * SIZE / BATCH + k;

      g_assert_cmpfloat_with_epsilon (
          ((double)changed[place] - samples[place]) / 0.05, slopes[k] / sqrt (squares), 0.01);
    }
  }
}

/* --- all of an attack --- */

static GenPlan *
compile_in (const GenAttack *attack, const GenAttackSettings *settings, const GenAttackRange *range,
    GenAttackLoss loss)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("attack");
  g_autoptr (GError) error = NULL;
  GenTensor *clean =
      gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));
  GenTensor *changed =
      gen_attack_append (attack, settings, range, graph, clean, loss, NULL, &error);
  GenPlan *plan;

  g_assert_no_error (error);
  gen_graph_add_output (graph, changed);
  gen_graph_add_output (graph, lose (graph, changed, NULL, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  fill_samples (gen_plan_input (plan, 0)->data);
  return plan;
}

static GenPlan *
compile (const GenAttack *attack, const GenAttackSettings *settings, GenAttackLoss loss)
{
  return compile_in (attack, settings, &shares, loss);
}

/* How far sample `i` has gone. */
static double
measure (const GenAttack *attack, const float *samples, const float *changed, int i)
{
  double most = 0, squares = 0;

  for (int k = i * SIZE / BATCH; k < (i + 1) * SIZE / BATCH; k++) {
    const double change = fabs ((double)changed[k] - (double)samples[k]);

    most = fmax (most, change);
    squares += change * change;
    g_assert_cmpfloat (changed[k], >=, 0);
    g_assert_cmpfloat (changed[k], <=, 1);
  }
  return strcmp (attack->norm, "l2") == 0 ? sqrt (squares) : most;
}

static double
sum_loss (GenPlan *plan)
{
  const float *losses = gen_plan_output (plan, 1)->data;
  double sum = 0;

  for (int i = 0; i < BATCH * CLASSES; i++)
    sum += (double)losses[i];
  return sum;
}

/* No sample is further than epsilon from what it was, none stays where it was, and the loss has
 * risen; of an epsilon of 0 all is as it was. */
static void
test_reach (void)
{
  static const double epsilons[] = { 0, 0.01, 0.2 };
  float samples[SIZE];

  fill_samples (samples);
  for (const GenAttack *const *a = gen_attack_list () + 1; *a != NULL; a++) {
    double before = 0;

    for (gsize e = 0; e < G_N_ELEMENTS (epsilons); e++) {
      const GenAttackSettings settings = { .epsilon = epsilons[e], .steps = 5 };
      g_autoptr (GenPlan) plan = compile (*a, &settings, lose);
      g_autoptr (GError) error = NULL;

      g_assert_true (gen_plan_run (plan, &error));
      for (int i = 0; i < BATCH; i++) {
        const double far = measure (*a, samples, gen_plan_output (plan, 0)->data, i);

        g_assert_cmpfloat (far, <=, epsilons[e] + 1e-6);
        g_assert_true (far > 0.5 * epsilons[e] || epsilons[e] == 0);
      }
      g_assert_true (e == 0 || sum_loss (plan) > before);
      before = sum_loss (plan);
    }
  }
}

/* Each run draws another start, and the same seed the same ones. */
static void
test_draws (void)
{
  const GenAttackSettings settings = { .epsilon = 0.1, .steps = 1, .step_size = 0.001 };

  for (const GenAttack *const *a = gen_attack_list () + 1; *a != NULL; a++) {
    g_autoptr (GenPlan) plan = compile (*a, &settings, lose);
    g_autoptr (GError) error = NULL;
    float first[SIZE];

    g_assert_true (gen_plan_run (plan, &error));
    memcpy (first, gen_plan_output (plan, 0)->data, sizeof first);
    g_assert_true (gen_plan_run (plan, &error));
    g_assert_cmpint (
        memcmp (first, gen_plan_output (plan, 0)->data, sizeof first) == 0, ==, (*a)->once);
    gen_plan_set_draw (plan, 0);
    g_assert_true (gen_plan_run (plan, &error));
    g_assert_cmpmem (first, sizeof first, gen_plan_output (plan, 0)->data, sizeof first);
  }
}

/* --- refused --- */

static GenTensor *
lose_nothing (GenGraph *graph, GenTensor *x, gpointer user_data, GError **error)
{
  return gen_graph_full (graph, &GEN_SHAPE (BATCH), 1);
}

static GenTensor *
lose_steps (GenGraph *graph, GenTensor *x, gpointer user_data, GError **error)
{
  return gen_unary (graph, user_data, x, error);
}

/* What is beyond the range stays where it is, and comes no further; without a range nothing is
 * kept within one. */
static void
test_range (void)
{
  static const GenAttackRange narrow = { 0.4f, 0.6f };
  const GenAttackSettings settings = { .epsilon = 0.3, .steps = 3 };
  const GenAttackRange *const ranges[] = { &narrow, NULL };
  float samples[SIZE];

  fill_samples (samples);
  for (guint r = 0; r < G_N_ELEMENTS (ranges); r++) {
    g_autoptr (GenPlan) plan = compile_in (&gen_attack_pgd, &settings, ranges[r], lose);
    g_autoptr (GError) error = NULL;
    guint outside = 0;

    g_assert_true (gen_plan_run (plan, &error));
    for (int i = 0; i < SIZE; i++) {
      const float is = ((const float *)gen_plan_output (plan, 0)->data)[i];

      outside += is < MIN (samples[i], narrow.low) || is > MAX (samples[i], narrow.high);
    }
    g_assert_true (r == 0 ? outside == 0 : outside > SIZE / 4);
  }
}

static void
test_no_gradient (void)
{
  static const struct {
    GenAttackLoss loss;
    const char *op, *text;
  } cases[] = {
    { lose_nothing, NULL, "no gradient comes from what the net makes" },
    { lose_steps, "Hardmax", "no gradient comes from what the net makes" },
    { lose_steps, "Round", "no gradient comes from what the net makes" },
    { lose_steps, "Det", "Det has no gradient" },
  };
  const GenAttackSettings settings = { .epsilon = 0.1, .steps = 2 };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("attack");
    g_autoptr (GError) error = NULL;
    GenTensor *clean = gen_graph_add_input (
        graph, "clean", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));

    g_assert_null (gen_attack_append (&gen_attack_pgd, &settings, &shares, graph, clean,
        cases[i].loss, (gpointer)cases[i].op, &error));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT);
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
}

static void
test_settings (void)
{
  static const struct {
    GenAttackSettings settings;
    const char *text;
  } cases[] = {
    { { 0, 0, 1 }, NULL },
    { { -0.1, 0, 1 }, "epsilon is -0.1" },
    { { NAN, 0, 1 }, "epsilon is nan" },
    { { INFINITY, 0, 1 }, "epsilon is inf" },
    { { 0.1, -1, 1 }, "step-size is -1" },
    { { 0.1, NAN, 1 }, "step-size is nan" },
    { { 0.1, 0, 0 }, "steps is 0" },
    { { 0.1, 0, GEN_ATTACK_MAX_STEPS + 1 }, "should be from 1 to 1000" },
  };
  g_autoptr (GError) unknown = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (
        gen_attack_settings_check (&cases[i].settings, &error), ==, cases[i].text == NULL);
    if (cases[i].text == NULL)
      continue;
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
  g_assert_cmpfloat (
      gen_attack_step_size (&gen_attack_pgd, &(GenAttackSettings){ 0.4, 0, 10 }), ==, 0.1);
  g_assert_true (gen_attack_find ("pgd-l2", NULL) == &gen_attack_pgd_l2);
  g_assert_null (gen_attack_find ("pgd2", &unknown));
  g_assert_error (unknown, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attacks/torch", test_torch);
  g_test_add_func ("/attacks/differences", test_differences);
  g_test_add_func ("/attacks/reach", test_reach);
  g_test_add_func ("/attacks/draws", test_draws);
  g_test_add_func ("/attacks/range", test_range);
  g_test_add_func ("/attacks/no-gradient", test_no_gradient);
  g_test_add_func ("/attacks/settings", test_settings);
  return g_test_run ();
}
