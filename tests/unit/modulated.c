/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions by scaled weights, as exporters write out StyleGAN2's: with fusion, no tensor of
 * the weights' size is made any more, and the results are those of the graph as it stands. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define IN 24
#define OUT 40
#define LATENT 8

typedef struct {
  const char *name;
  gboolean transposed, normalised;
  gint64 kernel;
} Case;

static const Case cases[] = {
  { "plain", FALSE, FALSE, 3 },
  { "normalised", FALSE, TRUE, 3 },
  { "transposed", TRUE, TRUE, 3 },
  { "pixels", FALSE, FALSE, 1 },
};

static GenTensor *
random_constant (GenGraph *graph, GenShape shape, guint64 seed)
{
  GenRandom random = gen_random_new (seed, "test", 0);
  gsize n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  gen_random_normal (&random, 0, 0, values, n);
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (values, n * sizeof *values));
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, GenShape shape, GError **error)
{
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape.dims, shape.rank), error);
}

static GenGraph *
build (const Case *c)
{
  static const gint64 axes[] = { 2, 3, 4 }, order[] = { 0, 2, 1, 3, 4 };
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new (c->name);
  gint64 k = c->kernel, strides[] = { 1 + c->transposed, 1 + c->transposed };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, IN, 9, 10));
  GenTensor *latent = gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LATENT));
  GenTensor *weights = random_constant (graph, GEN_SHAPE (1, OUT, IN, k, k), 3), *style, *sum;

  style = gen_binary (
      graph, "MatMul", latent, random_constant (graph, GEN_SHAPE (LATENT, IN), 4), &error);
  style = reshape (graph, style, GEN_SHAPE (1, 1, IN, 1, 1), &error);
  weights = gen_binary (graph, "Mul", weights, style, &error);
  if (c->normalised) {
    sum = gen_binary (graph, "Mul", weights, weights, &error);
    sum = gen_graph_op (graph, "ReduceSum", (GenTensor *[]){ sum, gen_graph_ints (graph, axes, 3) },
        2, 1, &error, NULL);
    sum = gen_unary (graph, "Sqrt",
        gen_binary (graph, "Add", sum, gen_graph_float (graph, 1e-8), &error), &error);
    weights =
        gen_binary (graph, "Mul", weights, gen_unary (graph, "Reciprocal", sum, &error), &error);
  }
  if (c->transposed)
    weights =
        gen_graph_op (graph, "Transpose", &weights, 1, 1, &error, "perm", GEN_INTS, 5, order, NULL);
  weights = reshape (graph, weights,
      c->transposed ? GEN_SHAPE (IN, OUT, k, k) : GEN_SHAPE (OUT, IN, k, k), &error);
  x = gen_graph_op (graph, c->transposed ? "ConvTranspose" : "Conv", (GenTensor *[]){ x, weights },
      2, 1, &error, "strides", GEN_INTS, 2, strides, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  return graph;
}

static GenPlan *
compile (GenGraph *graph, gboolean fused)
{
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, &(GenPlanOptions){ .no_fusion = !fused }, &error);
  GenRandom random = gen_random_new (9, "test", 0);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    gen_random_normal (
        &random, i, 0, gen_plan_input (plan, i)->data, gen_plan_input (plan, i)->size / 4);
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

static gboolean
makes_weights (GenPlan *plan, const Case *c)
{
  g_autoptr (GArray) steps = gen_plan_profile (plan, NULL);
  gint64 size = OUT * IN * c->kernel * c->kernel;

  for (guint i = 0; i < steps->len; i++) {
    const GenNode *node = g_array_index (steps, GenStepInfo, i).node;

    if (gen_shape_elements (&gen_node_output (node, 0)->shape) == size)
      return TRUE;
  }
  return FALSE;
}

static void
test_modulated (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GenGraph) graph = build (c);
  g_autoptr (GenPlan) fused = compile (graph, TRUE), plain = compile (graph, FALSE);
  const GenBinding *a = gen_plan_output (fused, 0), *b = gen_plan_output (plain, 0);
  const float *got = a->data, *expected = b->data;
  double scale = 0;

  g_assert_true (makes_weights (plain, c));
  g_assert_false (makes_weights (fused, c));
  for (gsize i = 0; i < b->size / 4; i++)
    scale = MAX (scale, fabs (expected[i]));
  g_assert_cmpfloat (scale, >, 0);
  for (gsize i = 0; i < b->size / 4; i++)
    g_assert_cmpfloat_with_epsilon (got[i], expected[i], 1e-5 * scale);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("/modulated/%s", cases[i].name);

    g_test_add_data_func (name, &cases[i], test_modulated);
  }
  return g_test_run ();
}
