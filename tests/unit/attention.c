/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention that is written out in nodes, fused into one and not; and ONNX's Attention and
 * RotaryEmbedding against the same nodes. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define HEADS 2
#define DEPTH 16
#define WIDTH 24

typedef enum { NO_MASK, FULL_MASK, ROW_MASK, CAUSAL_MASK } Mask;

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, const gint64 perm[4])
{
  return gen_graph_op (graph, "Transpose", &x, 1, 1, NULL, "perm", GEN_INTS, 4, perm, NULL);
}

static GenTensor *
causal_mask (GenGraph *graph, gint64 queries, gint64 keys)
{
  float *mask = g_new0 (float, queries *keys);

  for (gint64 q = 0; q < queries; q++)
    for (gint64 k = q + 1; k < keys; k++)
      mask[q * keys + k] = -INFINITY;
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (queries, keys),
      g_bytes_new_take (mask, queries * keys * sizeof (float)));
}

static GenTensor *
add_input (GenGraph *graph, const char *name, gint64 heads, gint64 length, gint64 depth)
{
  return gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, heads, length, depth));
}

/* [2, heads, length, depth] all; with `onnx` by the operator Attention. */
static GenGraph *
build (gint64 queries, gint64 keys, Mask kind, gboolean onnx)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("attention");
  GenTensor *q = add_input (graph, "q", HEADS, queries, DEPTH);
  GenTensor *k = add_input (graph, "k", HEADS, keys, DEPTH);
  GenTensor *v = add_input (graph, "v", HEADS, keys, WIDTH), *mask = NULL, *y;

  if (kind == FULL_MASK)
    mask = add_input (graph, "mask", HEADS, queries, keys);
  else if (kind == ROW_MASK)
    mask = gen_graph_add_input (graph, "mask", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, 1, keys));
  else if (kind == CAUSAL_MASK && !onnx)
    mask = causal_mask (graph, queries, keys);
  if (onnx) {
    y = gen_graph_add_value (graph, NULL);
    gen_graph_add_node (
        graph, NULL, NULL, "Attention", 23, (GenTensor *[]){ q, k, v, mask }, 4, &y, 1, &error);
    g_assert_no_error (error);
    gen_node_set_int (y->producer, "is_causal", kind == CAUSAL_MASK);
  } else {
    y = gen_binary (graph, "MatMul", q, transpose (graph, k, (gint64[]){ 0, 1, 3, 2 }), &error);
    y = gen_binary (graph, "Div", y, gen_graph_float (graph, sqrtf (DEPTH)), &error);
    if (mask != NULL)
      y = gen_binary (graph, "Add", mask, y, &error);
    y = gen_binary (graph, "MatMul", gen_unary (graph, "Softmax", y, &error), v, &error);
    g_assert_no_error (error);
  }
  gen_graph_add_output (graph, y);
  return graph;
}

static GenPlan *
run (GenGraph *graph, gboolean no_fusion, int threads)
{
  g_autoptr (GError) error = NULL;
  GenPlanOptions options = { .threads = threads, .no_fusion = no_fusion };
  GenPlan *plan = gen_plan_new (graph, &options, &error);
  GenRandom random = gen_random_new (1, "test", 0);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    gen_random_normal (&random, i, 0, gen_plan_input (plan, i)->data,
        gen_plan_input (plan, i)->size / sizeof (float));
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

static gboolean
has_step (GenPlan *plan, const char *op)
{
  g_autoptr (GArray) steps = gen_plan_profile (plan, NULL);

  for (guint i = 0; i < steps->len; i++)
    if (strcmp (g_array_index (steps, GenStepInfo, i).node->op->name, op) == 0)
      return TRUE;
  return FALSE;
}

static void
assert_same (GenPlan *a, GenPlan *b)
{
  const GenBinding *x = gen_plan_output (a, 0), *y = gen_plan_output (b, 0);
  const float *p = x->data, *q = y->data;

  g_assert_true (gen_shape_equal (&x->shape, &y->shape));
  for (gsize i = 0; i < x->size / sizeof (float); i++)
    g_assert_cmpfloat (fabsf (p[i] - q[i]), <=, 2e-5f);
}

static const gint64 lengths[][2] = { { 1, 65 }, { 5, 128 }, { 64, 300 }, { 130, 257 } };

static void
test_fused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (Mask mask = NO_MASK; mask <= CAUSAL_MASK; mask++) {
      g_autoptr (GenGraph) graph = build (lengths[i][0], lengths[i][1], mask, FALSE);
      g_autoptr (GenPlan) apart = run (graph, TRUE, 1), fused = run (graph, FALSE, 3);

      g_assert_true (has_step (fused, "ScaledDotProductAttention"));
      g_assert_false (has_step (apart, "ScaledDotProductAttention"));
      assert_same (apart, fused);
    }
}

static void
test_onnx (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (Mask mask = NO_MASK; mask <= CAUSAL_MASK; mask++) {
      g_autoptr (GenGraph) graph = build (lengths[i][0], lengths[i][1], mask, FALSE);
      g_autoptr (GenGraph) onnx = build (lengths[i][0], lengths[i][1], mask, TRUE);
      g_autoptr (GenPlan) apart = run (graph, TRUE, 1), whole = run (onnx, FALSE, 2);

      assert_same (apart, whole);
    }
}

/* [batch, tokens, heads * depth] all, with the heads taken apart and put together again as
 * exporters do, and a root of the scale at the queries and the keys. */
static GenGraph *
build_heads (gint64 queries, gint64 keys)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("heads");
  const gint64 lengths_of[] = { queries, keys, keys }, widths[] = { DEPTH, DEPTH, WIDTH };
  GenTensor *x[3], *y, *root = gen_graph_float (graph, powf (DEPTH, -0.25f));

  for (int i = 0; i < 3; i++) {
    x[i] = gen_graph_add_input (
        graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, lengths_of[i], HEADS * widths[i]));
    x[i] = gen_binary (graph, "Reshape", x[i],
        gen_graph_ints (graph, (gint64[]){ 2, lengths_of[i], HEADS, widths[i] }, 4), &error);
    x[i] = transpose (graph, x[i], i == 1 ? (gint64[]){ 0, 2, 3, 1 } : (gint64[]){ 0, 2, 1, 3 });
  }
  y = gen_binary (graph, "MatMul", gen_binary (graph, "Mul", x[0], root, &error),
      gen_binary (graph, "Mul", root, x[1], &error), &error);
  y = gen_binary (graph, "MatMul", gen_unary (graph, "Softmax", y, &error), x[2], &error);
  y = transpose (graph, y, (gint64[]){ 0, 2, 1, 3 });
  y = gen_binary (graph, "Reshape", y,
      gen_graph_ints (graph, (gint64[]){ 2, queries, HEADS * WIDTH }, 3), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
test_heads (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (GenGraph) graph = build_heads (lengths[i][0], lengths[i][1]);
    g_autoptr (GenPlan) apart = run (graph, TRUE, 1), fused = run (graph, FALSE, 2);

    g_assert_true (has_step (fused, "ScaledDotProductAttention"));
    g_assert_false (has_step (fused, "Transpose"));
    g_assert_false (has_step (fused, "Mul"));
    assert_same (apart, fused);
  }
}

/* Scores that somebody else reads, and a Softmax along another axis, stay as they are. */
static void
test_not_fused (void)
{
  g_autoptr (GenGraph) read = build (8, 80, NO_MASK, FALSE), turned = build (8, 80, NO_MASK, FALSE);
  GenTensor *weights =
      gen_node_input (((GenTensor *)g_ptr_array_index (read->outputs, 0))->producer, 0);
  GenNode *softmax =
      gen_node_input (((GenTensor *)g_ptr_array_index (turned->outputs, 0))->producer, 0)->producer;
  g_autoptr (GenPlan) a = NULL, b = NULL;

  gen_graph_add_output (read, weights);
  gen_node_set_int (softmax, "axis", 2);
  a = run (read, FALSE, 1);
  b = run (turned, FALSE, 1);
  g_assert_false (has_step (a, "ScaledDotProductAttention"));
  g_assert_false (has_step (b, "ScaledDotProductAttention"));
}

static void
test_gradients (void)
{
  for (Mask mask = NO_MASK; mask <= CAUSAL_MASK; mask++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build (3, 5, mask, TRUE);
    double worst;

    worst = gen_graph_check_gradients (graph, 1, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (worst, <, 1e-2);
  }
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build (8, 80, NO_MASK, TRUE);

  ((GenTensor *)g_ptr_array_index (graph->inputs, 1))->shape.dims[1] = 3;
  g_assert_null (gen_plan_new (graph, NULL, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attention/fused", test_fused);
  g_test_add_func ("/attention/heads", test_heads);
  g_test_add_func ("/attention/onnx", test_onnx);
  g_test_add_func ("/attention/not-fused", test_not_fused);
  g_test_add_func ("/attention/gradients", test_gradients);
  g_test_add_func ("/attention/refused", test_refused);
  return g_test_run ();
}
