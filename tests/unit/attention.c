/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention that is written out in nodes, fused into one and not; and ONNX's Attention and
 * RotaryEmbedding against the same nodes. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../reference.h"

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

/* --- every setting, against the formula in double --- */

typedef struct {
  gint64 batch, heads, group, queries, keys, depth, width; /* `heads` of keys */
  gint64 past, tokens_first;
  gboolean causal, zero_unseeing;
  float softcap;
  GenDataType mask_type; /* GEN_TYPE_UNDEFINED: none */
  GenShape mask;
} Setting;

static gint64
pick (GRand *random, const gint64 *values, int n)
{
  return values[g_rand_int_range (random, 0, n)];
}

#define PICK(random, ...)                                                                          \
  pick (random, (const gint64[]){ __VA_ARGS__ }, G_N_ELEMENTS (((const gint64[]){ __VA_ARGS__ })))

static Setting
draw (GRand *random)
{
  const GenDataType masks[] = { GEN_TYPE_UNDEFINED, GEN_TYPE_FLOAT32, GEN_TYPE_BOOL };
  Setting s = { .batch = PICK (random, 1, 1, 1, 1, 2, 2, 0),
    .heads = PICK (random, 1, 2, 3),
    .group = PICK (random, 1, 1, 1, 2, 5),
    .queries = PICK (random, 0, 1, 1, 2, 3, 4, 5, 7, 8, 16, 31, 33, 64, 77, 130, 300),
    .keys = PICK (random, 0, 1, 5, 16, 77, 84, 85, 128, 168, 169, 400, 1000),
    .depth = PICK (random, 1, 3, 8, 13, 16, 40, 64, 80, 100, 128, 256),
    .width = PICK (random, 1, 3, 8, 13, 16, 40, 64, 80, 100, 128, 256),
    .past = PICK (random, 0, 0, 1, 20, 100),
    .tokens_first = PICK (random, 0, 0, 15, 1, 2, 4, 8),
    .causal = PICK (random, 0, 0, 1),
    .zero_unseeing = PICK (random, 0, 1),
    .softcap = PICK (random, 0, 0, 0, 2) };
  int first = PICK (random, 0, 0, 1, 2);
  const gint64 whole[] = { s.batch, s.heads * s.group, s.queries, s.keys };

  s.mask_type = masks[PICK (random, 0, 1, 2)];
  for (int d = first; d < 4; d++)
    s.mask.dims[s.mask.rank++] = PICK (random, 0, 0, 1) ? 1 : whole[d];
  return s;
}

static GenShape
operand_shape (const Setting *s, int bit, gint64 heads, gint64 tokens, gint64 n)
{
  return s->tokens_first & 1 << bit ? GEN_SHAPE (s->batch, tokens, heads, n)
                                    : GEN_SHAPE (s->batch, heads, tokens, n);
}

static GenGraph *
build_setting (const Setting *s)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("setting");
  const GenShape shapes[] = { operand_shape (s, 0, s->heads * s->group, s->queries, s->depth),
    operand_shape (s, 1, s->heads, s->keys, s->depth),
    operand_shape (s, 2, s->heads, s->keys, s->width), s->mask };
  GenTensor *x[4] = { NULL }, *y;
  int n = s->mask_type == GEN_TYPE_UNDEFINED ? 3 : 4;

  for (int i = 0; i < n; i++)
    x[i] = gen_graph_add_input (graph, NULL, i < 3 ? GEN_TYPE_FLOAT32 : s->mask_type, &shapes[i]);
  y = gen_graph_op (graph, "ScaledDotProductAttention", x, n, 1, &error, "scale", GEN_FLOAT,
      1 / sqrt (s->depth), "group", GEN_INT, (int)s->group, "causal", GEN_INT, s->causal, "past",
      GEN_INT, (int)s->past, "softcap", GEN_FLOAT, (double)s->softcap, "zero_unseeing", GEN_INT,
      s->zero_unseeing, "tokens_first", GEN_INT, (int)s->tokens_first, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
fill_setting (const Setting *s, GenPlan *plan, GRand *random)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    float *numbers = input->data;
    guint8 *truths = input->data;

    if (input->type == GEN_TYPE_BOOL)
      for (gsize k = 0; k < input->size; k++)
        truths[k] = g_rand_int_range (random, 0, 3) > 0;
    else
      for (gsize k = 0; k < input->size / sizeof (float); k++)
        numbers[k] =
            i == 3 && s->mask_type == GEN_TYPE_FLOAT32 && g_rand_int_range (random, 0, 4) == 0
                ? -INFINITY
                : g_rand_double_range (random, -2, 2);
  }
}

/* Number `i` of the vector of a token of a head. */
static REFERENCE double
operand (
    const Setting *s, GenPlan *plan, int which, gint64 item, gint64 head, gint64 token, gint64 i)
{
  const GenBinding *binding = gen_plan_input (plan, which);
  const gint64 *dims = binding->shape.dims;
  gboolean first = (s->tokens_first >> which & 1) != 0;

  return (
      (const float *)binding
          ->data)[((item * dims[1] + (first ? token : head)) * dims[2] + (first ? head : token)) *
                      dims[3] +
                  i];
}

/* What is added to the score. */
static REFERENCE double
masked (const Setting *s, GenPlan *plan, gint64 item, gint64 head, gint64 query, gint64 key)
{
  const gint64 place[] = { item, head, query, key };
  gint64 at = 0;

  if (s->causal && key > query + s->past)
    return -INFINITY;
  if (s->mask_type == GEN_TYPE_UNDEFINED)
    return 0;
  for (int d = 0; d < s->mask.rank; d++)
    at = at * s->mask.dims[d] + place[4 - s->mask.rank + d] % s->mask.dims[d];
  if (s->mask_type == GEN_TYPE_BOOL)
    return ((const guint8 *)gen_plan_input (plan, 3)->data)[at] ? 0 : -INFINITY;
  return ((const float *)gen_plan_input (plan, 3)->data)[at];
}

/* The weights of a query, with their sum. */
static REFERENCE double
weigh (const Setting *s, GenPlan *plan, gint64 item, gint64 head, gint64 query, double *weights)
{
  double most = -INFINITY, sum = 0;

  for (gint64 k = 0; k < s->keys; k++) {
    double score = 0;

    for (gint64 d = 0; d < s->depth; d++)
      score += operand (s, plan, 0, item, head, query, d) *
               operand (s, plan, 1, item, head / s->group, k, d);
    score /= sqrt (s->depth);
    if (s->softcap > 0)
      score = s->softcap * tanh (score / s->softcap);
    weights[k] = score + masked (s, plan, item, head, query, k);
    most = fmax (most, weights[k]);
  }
  for (gint64 k = 0; k < s->keys; k++)
    sum += weights[k] = most == -INFINITY ? 0 : exp (weights[k] - most);
  return sum;
}

static void
check_setting (const Setting *s, GenPlan *plan)
{
  g_autofree double *weights = g_new (double, s->keys);
  const GenBinding *output = gen_plan_output (plan, 0);
  const float *y = output->data;
  const gint64 *dims = output->shape.dims;
  gboolean first = (s->tokens_first >> 3 & 1) != 0;
  double worst = 0, largest = 1e-3;

  for (gint64 row = 0; row < s->batch * s->heads * s->group * s->queries; row++) {
    gint64 query = row % s->queries, head = row / s->queries % (s->heads * s->group);
    gint64 item = row / s->queries / (s->heads * s->group);
    double sum = weigh (s, plan, item, head, query, weights);

    for (gint64 w = 0; w < s->width; w++) {
      double expected = 0;
      float got = y[((item * dims[1] + (first ? query : head)) * dims[2] + (first ? head : query)) *
                        dims[3] +
                    w];

      for (gint64 k = 0; k < s->keys; k++)
        expected += weights[k] * operand (s, plan, 2, item, head / s->group, k, w);
      if (sum == 0) {
        g_assert_true (s->zero_unseeing ? got == 0 : isnan (got));
        continue;
      }
      expected /= sum;
      worst = fmax (worst, isnan (got) ? INFINITY : fabs (got - expected));
      largest = fmax (largest, fabs (expected));
    }
  }
  g_assert_cmpfloat (worst, <=, 1e-5 * largest);
}

static void
test_settings (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (int i = 0; i < 150; i++) {
    const Setting s = draw (random);
    const GenPlanOptions options = { .threads = 1 + i % 4 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = NULL;
    g_autoptr (GenPlan) plan = NULL;

    if ((double)s.batch * s.heads * s.group * s.queries * s.keys * (s.depth + s.width) > 3e7)
      continue;
    graph = build_setting (&s);
    plan = gen_plan_new (graph, &options, &error);
    g_assert_no_error (error);
    fill_setting (&s, plan, random);
    g_assert_true (gen_plan_run (plan, NULL));
    g_test_message ("%d: batch %d, heads %d x %d, %d queries, %d keys, depth %d, width %d, mask %d "
                    "of rank %d, causal %d, past %d, tokens first %d",
        i, (int)s.batch, (int)s.heads, (int)s.group, (int)s.queries, (int)s.keys, (int)s.depth,
        (int)s.width, s.mask_type, s.mask.rank, s.causal, (int)s.past, (int)s.tokens_first);
    check_setting (&s, plan);
  }
}

/* Gradients of queries, keys and values, of the sum of results times the last input. The first two
 * are of differences, which rounding is to be compared with: those of a query that sees one key are
 * nothing but that. `largest` becomes the largest of their terms. */
static void
find_gradients (const Setting *s, GenPlan *plan, double **gradients, double largest[3])
{
  g_autofree double *weights = g_new (double, s->keys);
  int dy = s->mask_type == GEN_TYPE_UNDEFINED ? 3 : 4;

  for (gint64 row = 0; row < s->batch * s->heads * s->group * s->queries; row++) {
    gint64 query = row % s->queries, head = row / s->queries % (s->heads * s->group);
    gint64 item = row / s->queries / (s->heads * s->group),
           first = item * s->heads + head / s->group;
    double sum = weigh (s, plan, item, head, query, weights), dot = 0;
    g_autofree double *changes = g_new0 (double, s->keys);

    for (gint64 k = 0; sum > 0 && k < s->keys; k++) {
      weights[k] /= sum;
      for (gint64 w = 0; w < s->width; w++) {
        double d = operand (s, plan, dy, item, head, query, w);

        changes[k] += d * operand (s, plan, 2, item, head / s->group, k, w);
        gradients[2][(first * s->keys + k) * s->width + w] += weights[k] * d;
      }
      dot += weights[k] * changes[k];
    }
    for (gint64 k = 0; sum > 0 && k < s->keys; k++) {
      double change = weights[k] * (changes[k] - dot) / sqrt (s->depth);
      double terms = weights[k] * (fabs (changes[k]) + fabs (dot)) / sqrt (s->depth);

      if (s->softcap > 0) {
        double score = 0;

        for (gint64 d = 0; d < s->depth; d++)
          score += operand (s, plan, 0, item, head, query, d) *
                   operand (s, plan, 1, item, head / s->group, k, d) / sqrt (s->depth);
        change *= 1 - pow (tanh (score / s->softcap), 2);
      }
      for (gint64 d = 0; d < s->depth; d++) {
        gradients[0][row * s->depth + d] +=
            change * operand (s, plan, 1, item, head / s->group, k, d);
        gradients[1][(first * s->keys + k) * s->depth + d] +=
            change * operand (s, plan, 0, item, head, query, d);
        largest[0] =
            fmax (largest[0], terms * fabs (operand (s, plan, 1, item, head / s->group, k, d)));
        largest[1] = fmax (largest[1], terms * fabs (operand (s, plan, 0, item, head, query, d)));
      }
    }
  }
}

static GenGraph *
build_setting_gradients (const Setting *s)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = build_setting (s);
  GenTensor *y = g_ptr_array_index (graph->outputs, 0), *gradients[3];

  g_ptr_array_set_size (graph->outputs, 0);
  y = gen_binary (
      graph, "Mul", y, gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &y->shape), &error);
  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  g_assert_true (gen_graph_gradients (
      graph, y, (GenTensor *const *)graph->inputs->pdata, 3, gradients, &error));
  for (int i = 0; i < 3; i++)
    gen_graph_add_output (graph, gradients[i]);
  return graph;
}

/* Their node, in ordinary nodes as devices take it. */
static gboolean
write_out (GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (strcmp (node->op->name, "ScaledDotProductAttentionGradient") != 0)
      continue;
    gen_node_set_int (node, "written_out", 1);
    return TRUE;
  }
  return FALSE;
}

static void
check_gradients (const Setting *s, gboolean written_out)
{
  const GenPlanOptions options = { .threads = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  g_autoptr (GenGraph) graph = build_setting_gradients (s);
  g_autoptr (GenPlan) plan = NULL;
  double *gradients[3], largest[3] = { 1e-2, 1e-2, 1e-2 };

  if (written_out)
    g_assert_true (write_out (graph));
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  g_assert_true (
      s->batch == 0 || has_step (plan, "ScaledDotProductAttentionGradient") == !written_out);
  fill_setting (s, plan, random);
  g_assert_true (gen_plan_run (plan, NULL));
  for (int i = 0; i < 3; i++)
    gradients[i] = g_new0 (double, gen_plan_output (plan, i)->size / sizeof (float));
  find_gradients (s, plan, gradients, largest);
  for (int i = 0; i < 3; i++) {
    const GenBinding *output = gen_plan_output (plan, i);
    double worst = 0;

    for (gsize k = 0; k < output->size / sizeof (float); k++) {
      double difference = fabs (((const float *)output->data)[k] - gradients[i][k]);

      worst = MAX (worst, isnan (difference) ? INFINITY : difference);
      largest[i] = MAX (largest[i], fabs (gradients[i][k]));
    }
    g_assert_cmpfloat (worst, <=, 1e-5 * largest[i]);
    g_free (gradients[i]);
  }
}

static void
test_setting_gradients (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (int i = 0; i < 80; i++) {
    Setting s = draw (random);

    s.tokens_first = 0;
    s.zero_unseeing = TRUE;
    if ((double)s.batch * s.heads * s.group * s.queries * s.keys * (s.depth + s.width) < 1e7)
      check_gradients (&s, FALSE);
  }
}

static void
test_written_out (void)
{
  for (int causal = 0; causal < 2; causal++) {
    const Setting s = { 2, 2, 2, 9, 14, 8, 7, .past = 3, .causal = causal, .softcap = 2 };

    check_gradients (&s, TRUE);
  }
}

/* The gradient's own, which is of ordinary nodes. */
static void
test_second_gradients (void)
{
  for (int causal = 0; causal < 2; causal++) {
    g_autoptr (GError) error = NULL;
    const Setting s = { 1, 1, 2, 3, 5, 4, 3, .past = 1, .causal = causal, .softcap = 2 };
    g_autoptr (GenGraph) graph = build_setting_gradients (&s);
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
  g_test_add_func ("/attention/settings", test_settings);
  g_test_add_func ("/attention/setting-gradients", test_setting_gradients);
  g_test_add_func ("/attention/written-out", test_written_out);
  g_test_add_func ("/attention/second-gradients", test_second_gradients);
  g_test_add_func ("/attention/refused", test_refused);
  return g_test_run ();
}
