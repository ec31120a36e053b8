/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that put elements in order, against plain searches: with ties, with what is no number,
 * few elements and many. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>
#include <generative/session.h>

#include <math.h>
#include <string.h>

/* Of which some are equal. */
static float *
draw (gsize n, float scale)
{
  const GenRandom random = gen_random_new (5, "test", 0);
  float *values = g_new (float, MAX (n, 1));

  gen_random_uniform (&random, 0, 0, values, n);
  for (gsize i = 0; i < n; i++)
    values[i] = roundf ((values[i] - 0.5f) * scale) / 4;
  return values;
}

/* What is no number is above all numbers. */
static gboolean
is_above (float a, float b)
{
  return isnan (a) ? !isnan (b) : a > b;
}

static gint64
best_of (const float *x, gint64 n, gint64 step, gboolean largest, const gboolean *taken)
{
  gint64 best = -1;

  for (gint64 i = 0; i < n; i++) {
    const float here = x[i * step];

    if (taken[i])
      continue;
    if (best < 0 || (largest ? is_above (here, x[best * step]) : is_above (x[best * step], here)))
      best = i;
  }
  return best;
}

static void
topk (gint64 outer, gint64 n, gint64 inner, gint64 k, gboolean largest)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("topk");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  g_autofree float *x = draw (outer * n * inner, 400);
  GenTensor *in = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (outer, n, inner));
  GenTensor *y = gen_graph_op (graph, "TopK", (GenTensor *[]){ in, gen_graph_ints (graph, &k, 1) },
      2, 2, &error, "axis", GEN_INT, 1, "largest", GEN_INT, largest, NULL);

  g_assert_no_error (error);
  x[outer * n * inner / 2] = NAN;
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, gen_node_output (y->producer, 1));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  gen_plan_bind_input (plan, 0, x);
  g_assert_true (gen_plan_run (plan, NULL));
  for (gint64 line = 0; line < outer * inner; line++) {
    const gint64 o = line / inner, i = line % inner;
    g_autofree gboolean *taken = g_new0 (gboolean, n);

    for (gint64 at = 0; at < k; at++) {
      const gint64 to = (o * k + at) * inner + i;
      const gint64 want = best_of (x + o * n * inner + i, n, inner, largest, taken);
      const float value = x[(o * n + want) * inner + i];
      const float got = ((const float *)gen_plan_output (plan, 0)->data)[to];

      taken[want] = TRUE;
      g_assert_cmpint (((const gint64 *)gen_plan_output (plan, 1)->data)[to], ==, want);
      g_assert_true (isnan (value) ? isnan (got) : got == value);
    }
  }
}

static void
test_topk (void)
{
  for (int largest = 0; largest < 2; largest++) {
    topk (3, 70, 1, 5, largest);
    topk (2, 300, 1, 150, largest);
    topk (1, 300, 1, 300, largest);
    topk (2, 600, 3, 2, largest);
    topk (2, 257, 35, 40, largest);
    topk (1, 9, 50, 9, largest);
  }
}

static const GenBinding *
run (GenGraph *graph, GenSession **session, GenBinding *inputs)
{
  g_autoptr (GError) error = NULL;

  *session = gen_session_new (graph, NULL);
  g_assert_true (gen_session_run (*session, inputs, &error));
  g_assert_no_error (error);
  return gen_session_output (*session, 0);
}

static GenTensor *
values_of (GenGraph *graph, const char *op, GenDataType type, GenTensor *const *inputs, guint n)
{
  GenTensor *result = gen_graph_add_value (graph, NULL);

  result->type = type;
  gen_graph_add_node (graph, NULL, NULL, op, GEN_OPSET, inputs, n, &result, 1, NULL);
  return result;
}

static void
unique (gint64 n)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("unique");
  g_autoptr (GenSession) session = NULL;
  g_autofree float *x = draw (n, (float)n);
  GenTensor *in = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (n));
  GenBinding input = { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (n), n * sizeof *x, x };
  const GenBinding *y;
  float last = -INFINITY;
  gint64 found = 0;

  gen_graph_add_output (graph, values_of (graph, "Unique", GEN_TYPE_FLOAT32, &in, 1));
  y = run (graph, &session, &input);
  for (;; found++) {
    float next = INFINITY;

    for (gint64 i = 0; i < n; i++)
      if (x[i] > last && x[i] < next)
        next = x[i];
    if (isinf (next))
      break;
    g_assert_cmpint (found, <, y->shape.dims[0]);
    g_assert_cmpfloat (((const float *)y->data)[found], ==, next);
    last = next;
  }
  g_assert_cmpint (y->shape.dims[0], ==, found);
}

static void
test_unique (void)
{
  unique (0);
  unique (1);
  unique (20);
  unique (500);
}

static double
overlap (const float *a, const float *b)
{
  const double height = MIN (a[2], b[2]) - MAX (a[0], b[0]);
  const double width = MIN (a[3], b[3]) - MAX (a[1], b[1]);
  const double both = (double)(a[2] - a[0]) * (a[3] - a[1]) +
                      (double)(b[2] - b[0]) * (b[3] - b[1]) - height * width;

  return height > 0 && width > 0 ? height * width / both : 0;
}

static void
suppress (gint64 n, gint64 most, float limit)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("boxes");
  g_autoptr (GenSession) session = NULL;
  g_autofree float *boxes = draw (n * 4, 64), *scores = draw (n, 99);
  g_autofree gboolean *gone = g_new0 (gboolean, n);
  const float least = -5;
  GenTensor *inputs[5] = {
    gen_graph_add_input (graph, "boxes", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, n, 4)),
    gen_graph_add_input (graph, "scores", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, n)),
    gen_graph_ints (graph, &most, 1), gen_graph_float (graph, limit), gen_graph_float (graph, least)
  };
  GenBinding given[2] = { { "boxes", GEN_TYPE_FLOAT32, GEN_SHAPE (1, n, 4), n * 16, boxes },
    { "scores", GEN_TYPE_FLOAT32, GEN_SHAPE (1, 1, n), n * 4, scores } };
  const GenBinding *y;
  gint64 found = 0;

  for (gint64 i = 0; i < n; i++)
    for (int k = 0; k < 2; k++)
      boxes[4 * i + 2 + k] = boxes[4 * i + k] + 1 + fabsf (boxes[4 * i + 2 + k]);
  gen_graph_add_output (graph, values_of (graph, "NonMaxSuppression", GEN_TYPE_INT64, inputs, 5));
  y = run (graph, &session, given);
  for (; found < most; found++) {
    const gint64 best = best_of (scores, n, 1, TRUE, gone);

    if (best < 0 || !(scores[best] > least))
      break;
    g_assert_cmpint (found, <, y->shape.dims[0]);
    g_assert_cmpint (((const gint64 *)y->data)[3 * found + 2], ==, best);
    for (gint64 i = 0; i < n; i++)
      gone[i] |= i == best || overlap (boxes + 4 * best, boxes + 4 * i) > limit;
  }
  g_assert_cmpint (y->shape.dims[0], ==, found);
}

/* No overlap is near these limits. */
static void
test_suppress (void)
{
  suppress (1, 10, 0.5123f);
  suppress (30, 10, 0.3123f);
  suppress (700, 700, 0.4123f);
  suppress (700, 20, 0.0123f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sorting/topk", test_topk);
  g_test_add_func ("/sorting/unique", test_unique);
  g_test_add_func ("/sorting/suppress", test_suppress);
  return g_test_run ();
}
