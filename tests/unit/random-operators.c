/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that draw: their moments, and that a draw hangs on seed, node and run alone. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

#define N 40000

static GenTensor *
normal (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS, 2,
      (gint64[]){ 4, N / 4 }, "mean", GEN_FLOAT, 3.0, "scale", GEN_FLOAT, 2.0, NULL);
}

static GenTensor *
uniform (GenGraph *graph, GError **error)
{
  GenTensor *like = gen_graph_full (graph, &GEN_SHAPE (N), 0);

  return gen_graph_op (graph, "RandomUniformLike", &like, 1, 1, error, "low", GEN_FLOAT, -1.0,
      "high", GEN_FLOAT, 5.0, NULL);
}

static GenTensor *
bernoulli (GenGraph *graph, GError **error)
{
  return gen_unary (graph, "Bernoulli", gen_graph_full (graph, &GEN_SHAPE (N), 0.3f), error);
}

static GenTensor *
seeded (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      (gint64[]){ N }, "seed", GEN_FLOAT, 17.0, NULL);
}

typedef GenTensor *(*Build) (GenGraph *graph, GError **error);

static GenPlan *
plan_of (Build build, int threads, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("random");
  GenPlan *plan;

  gen_graph_add_output (graph, build (graph, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads, .seed = seed }, &error);
  g_assert_no_error (error);
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

static const float *
values_of (GenPlan *plan)
{
  return gen_plan_output (plan, 0)->data;
}

/* Within 5 standard errors of what the distribution has. */
static void
check_moments (Build build, double mean, double variance)
{
  g_autoptr (GenPlan) plan = plan_of (build, 2, 1);
  const float *x = values_of (plan);
  double sum = 0, squares = 0;

  for (int i = 0; i < N; i++) {
    sum += x[i] - mean;
    squares += (x[i] - mean) * (x[i] - mean);
  }
  g_assert_cmpfloat_with_epsilon (sum / N, 0, 5 * sqrt (variance / N));
  g_assert_cmpfloat_with_epsilon (squares / N, variance, 5 * variance * sqrt (2.0 / N));
}

static void
test_moments (void)
{
  check_moments (normal, 3, 4);
  check_moments (uniform, 2, 3);
  check_moments (bernoulli, 0.3, 0.21);
  check_moments (seeded, 0.5, 1 / 12.0);
}

static void
test_determinism (void)
{
  static const Build builds[] = { normal, uniform, bernoulli };

  for (guint i = 0; i < G_N_ELEMENTS (builds); i++) {
    g_autoptr (GenPlan) one = plan_of (builds[i], 1, 5), three = plan_of (builds[i], 3, 5);
    g_autoptr (GenPlan) other = plan_of (builds[i], 1, 6);
    g_autofree float *first = g_memdup2 (values_of (one), N * sizeof *first);

    g_assert_cmpmem (first, N * sizeof *first, values_of (three), N * sizeof *first);
    g_assert_true (memcmp (first, values_of (other), N * sizeof *first) != 0);
    g_assert_true (gen_plan_run (one, NULL));
    g_assert_true (memcmp (first, values_of (one), N * sizeof *first) != 0);
    gen_plan_set_draw (one, 0);
    g_assert_true (gen_plan_run (one, NULL));
    g_assert_cmpmem (first, N * sizeof *first, values_of (one), N * sizeof *first);
  }
}

/* A seed of the node's own stands above the plan's. */
static void
test_own_seed (void)
{
  g_autoptr (GenPlan) one = plan_of (seeded, 1, 5), other = plan_of (seeded, 1, 6);

  g_assert_cmpmem (values_of (one), N * sizeof (float), values_of (other), N * sizeof (float));
}

static void
test_multinomial (void)
{
  static const float probabilities[] = { 0.1, 0.5, 0.0, 0.4 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("multinomial");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 4));
  g_autoptr (GenPlan) plan = NULL;
  float *in;

  gen_graph_add_output (graph, gen_graph_op (graph, "Multinomial", &x, 1, 1, &error, "sample_size",
                                   GEN_INT, N, "dtype", GEN_INT, GEN_TYPE_INT64, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  in = gen_plan_input (plan, 0)->data;
  /* The second row is the first turned round, and shifted by a constant. */
  for (int i = 0; i < 4; i++) {
    in[i] = logf (probabilities[i]);
    in[4 + i] = logf (probabilities[3 - i]) + 30;
  }
  g_assert_true (gen_plan_run (plan, NULL));
  for (int row = 0; row < 2; row++) {
    const gint64 *samples = (const gint64 *)gen_plan_output (plan, 0)->data + row * N;
    int counts[4] = { 0 };

    for (int i = 0; i < N; i++) {
      g_assert_cmpint (samples[i], >=, 0);
      g_assert_cmpint (samples[i], <, 4);
      counts[samples[i]]++;
    }
    for (int c = 0; c < 4; c++) {
      double p = probabilities[row == 0 ? c : 3 - c];

      g_assert_cmpfloat_with_epsilon ((double)counts[c] / N, p, 5 * sqrt (p * (1 - p) / N) + 1e-9);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random-operators/moments", test_moments);
  g_test_add_func ("/random-operators/determinism", test_determinism);
  g_test_add_func ("/random-operators/own-seed", test_own_seed);
  g_test_add_func ("/random-operators/multinomial", test_multinomial);
  return g_test_run ();
}
