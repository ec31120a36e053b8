/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax and LogSoftmax along any axis against double: short rows and long ones, columns of any
 * number, what is hidden by -infinity, and numbers whose exponentials would overflow. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

typedef struct {
  gint64 outer, n, inner;
  gboolean logarithm;
  int threads;
} Case;

static GenPlan *
make_plan (const Case *c)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("softmax");
  const GenPlanOptions options = { .threads = c->threads };
  GenTensor *x =
      gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (c->outer, c->n, c->inner));
  GenPlan *plan;

  x = gen_graph_op (
      graph, c->logarithm ? "LogSoftmax" : "Softmax", &x, 1, 1, &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

static void
check_column (const Case *c, const float *x, const float *y)
{
  double most = -INFINITY, sum = 0;

  for (gint64 i = 0; i < c->n; i++)
    most = MAX (most, x[i * c->inner]);
  for (gint64 i = 0; i < c->n; i++)
    sum += exp (x[i * c->inner] - most);
  for (gint64 i = 0; i < c->n; i++) {
    double shifted = x[i * c->inner] - most, got = y[i * c->inner];

    if (most == -INFINITY) {
      g_assert_true (isnan (got));
      continue;
    }
    if (!c->logarithm)
      /* Differences to the largest are rounded, and sums. */
      g_assert_cmpfloat (fabs (got - exp (shifted) / sum), <=,
          (1e-6 + 1e-7 * sqrt (c->n) - 6e-8 * fmax (shifted, -100)) * exp (shifted) / sum + 1e-37);
    else if (isinf (shifted))
      g_assert_true (got == -INFINITY);
    else /* the largest, and what it is shifted by, are rounded */
      g_assert_cmpfloat (fabs (got - (shifted - log (sum))), <=,
          2e-7 * (fabs (most) + fabs (x[i * c->inner]) + log (sum) + 1));
  }
}

static void
check (const Case *c, GRand *random, double spread, double hidden)
{
  g_autoptr (GenPlan) plan = make_plan (c);
  float *x = gen_plan_input (plan, 0)->data;
  const float *y;

  for (gint64 i = 0; i < c->outer * c->n * c->inner; i++)
    x[i] =
        g_rand_double (random) < hidden ? -INFINITY : spread * g_rand_double_range (random, -1, 1);
  g_assert_true (gen_plan_run (plan, NULL));
  y = gen_plan_output (plan, 0)->data;
  for (gint64 o = 0; o < c->outer; o++)
    for (gint64 i = 0; i < c->inner; i++)
      check_column (c, x + o * c->n * c->inner + i, y + o * c->n * c->inner + i);
}

static void
test_shapes (void)
{
  static const gint64 ns[] = { 1, 2, 3, 7, 10, 16, 31, 32, 33, 47, 64, 65, 127, 1000, 5000 };
  static const gint64 inners[] = { 0, 1, 1, 2, 7, 16, 33, 64, 100 }, outers[] = { 0, 1, 3, 17, 65 };
  static const double spreads[] = { 1, 20, 1e4 }, shares[] = { 0, 0, 0.3, 0.9 };
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint n = 0; n < G_N_ELEMENTS (ns); n++)
    for (guint i = 0; i < G_N_ELEMENTS (inners); i++)
      for (guint o = 0; o < G_N_ELEMENTS (outers); o++) {
        const Case c = { outers[o], ns[n], inners[i], (n + i + o) % 2 == 0, 1 + (i + o) % 3 };

        if (outers[o] * ns[n] * inners[i] < 100000)
          check (&c, random, spreads[(n + o) % 3], shares[(n + i) % 4]);
      }
}

/* What is not a number is so for all of its row, and for no other. */
static void
test_nan (void)
{
  for (int inner = 1; inner < 5; inner += 3)
    for (int n = 5; n < 100; n += 60) {
      const Case c = { 4, n, inner, FALSE, 1 };
      g_autoptr (GenPlan) plan = make_plan (&c);
      float *x = gen_plan_input (plan, 0)->data;
      const float *y;

      for (int i = 0; i < 4 * n * inner; i++)
        x[i] = i % 7;
      x[(2 * n + 3) * inner] = NAN;
      g_assert_true (gen_plan_run (plan, NULL));
      y = gen_plan_output (plan, 0)->data;
      for (int i = 0; i < 4 * n * inner; i++)
        g_assert_true (!!isnan (y[i]) == (i / inner / n == 2 && i % inner == 0));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/softmax/shapes", test_shapes);
  g_test_add_func ("/softmax/nan", test_nan);
  return g_test_run ();
}
