/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans with fusion against plans of every node by itself: what is fused, what must not be, and
 * that the numbers are the same. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

static GenTensor *
input (GenGraph *graph, GenShape shape)
{
  return gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &shape);
}

static GenTensor *
constant (GenGraph *graph, GenShape shape, guint seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  gsize n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = g_rand_double_range (random, -1, 1);
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (values, n * sizeof (float)));
}

static GenTensor *
number (GenGraph *graph, double value)
{
  return gen_graph_float (graph, value);
}

static GenTensor *
call (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y =
      b != NULL ? gen_binary (graph, op, a, b, &error) : gen_unary (graph, op, a, &error);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
slice (GenGraph *graph, GenTensor *x, gint64 axis, gint64 first, gint64 end, gint64 step)
{
  GenTensor *inputs[] = { x, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &end, 1),
    gen_graph_ints (graph, &axis, 1), gen_graph_ints (graph, &step, 1) };

  return gen_graph_op (graph, "Slice", inputs, 5, 1, NULL, NULL);
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, GenShape shape)
{
  return call (graph, "Reshape", x, gen_graph_ints (graph, shape.dims, shape.rank));
}

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, const gint64 *perm)
{
  return gen_graph_op (
      graph, "Transpose", &x, 1, 1, NULL, "perm", GEN_INTS, x->shape.rank, perm, NULL);
}

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, gint64 channels, gint64 kernel, gint64 stride)
{
  GenTensor *weights = constant (graph, GEN_SHAPE (channels, x->shape.dims[1], kernel, kernel), 3);
  gint64 pad = kernel / 2;

  return gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, weights, constant (graph, GEN_SHAPE (channels), 4) }, 3, 1, NULL, "pads",
      GEN_INTS, 4, (gint64[]){ pad, pad, pad, pad }, "strides", GEN_INTS, 2,
      (gint64[]){ stride, stride }, NULL);
}

static GenPlan *
run (GenGraph *graph, gboolean no_fusion, int threads)
{
  g_autoptr (GError) error = NULL;
  GenPlanOptions options = { .threads = threads, .no_fusion = no_fusion };
  GenPlan *plan = gen_plan_new (graph, &options, &error);
  g_autoptr (GRand) random = g_rand_new_with_seed (9);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *binding = gen_plan_input (plan, i);

    for (gsize k = 0; k < binding->size / sizeof (float); k++)
      ((float *)binding->data)[k] = g_rand_double_range (random, -2, 2);
  }
  /* What a run leaves behind must not matter to the next. */
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

static guint
count_steps (GenPlan *plan, const char *op)
{
  g_autoptr (GArray) steps = gen_plan_profile (plan, NULL);
  guint n = 0;

  for (guint i = 0; i < steps->len; i++)
    n += op == NULL || strcmp (g_array_index (steps, GenStepInfo, i).node->op->name, op) == 0;
  return n;
}

static void
assert_same (GenPlan *a, GenPlan *b)
{
  for (guint i = 0; i < gen_plan_n_outputs (a); i++) {
    const GenBinding *x = gen_plan_output (a, i), *y = gen_plan_output (b, i);
    const float *p = x->data, *q = y->data;
    double most = 1;

    g_assert_true (gen_shape_equal (&x->shape, &y->shape));
    for (gsize k = 0; k < x->size / sizeof (float); k++)
      if (isfinite (p[k]))
        most = MAX (most, fabs (p[k]));
    for (gsize k = 0; k < x->size / sizeof (float); k++)
      if (p[k] != q[k] && !(isnan (p[k]) && isnan (q[k])))
        g_assert_cmpfloat (fabs (p[k] - q[k]), <=, 2e-6 * most);
  }
}

/* Fused, there are `n` steps of `op`, and `all` steps (any number for 0). */
static void
check (GenGraph *graph, const char *op, guint n, guint all)
{
  g_autoptr (GenPlan) apart = run (graph, TRUE, 1), fused = run (graph, FALSE, 1);
  g_autoptr (GenPlan) shared = run (graph, FALSE, 3);

  g_assert_cmpuint (count_steps (fused, op), ==, n);
  if (all > 0)
    g_assert_cmpuint (count_steps (fused, NULL), ==, all);
  gen_plan_set_draw (fused, 0);
  assert_same (apart, fused);
  assert_same (apart, shared);
}

/* --- element by element --- */

static void
test_chain (void)
{
  static const GenShape sides[] = { { 0 }, { 1, { 7 } }, { 3, { 5, 1, 1 } }, { 4, { 2, 5, 6, 7 } },
    { 4, { 1, 1, 6, 7 } }, { 2, { 6, 1 } } };

  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    for (int convolved = 0; convolved < 2; convolved++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("chain");
      GenTensor *x = input (graph, GEN_SHAPE (2, 5, 6, 7)), *side = input (graph, sides[i]), *y;

      y = convolved ? convolve (graph, x, 5, 3, 1) : x;
      y = call (graph, "Mul", y, side);
      y = call (
          graph, "Tanh", call (graph, "Sub", constant (graph, GEN_SHAPE (5, 1, 1), 1), y), NULL);
      y = call (graph, "Div", call (graph, "Exp", y, NULL), number (graph, 3));
      gen_graph_add_output (graph, y);
      check (graph, "ElementWise", 1, 0);
    }
}

/* What leaves the middle of a chain is made; what is read twice, but within, is not. */
static void
test_readers (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("readers");
  GenTensor *x = input (graph, GEN_SHAPE (3, 40)), *middle, *y, *row;

  middle = call (graph, "Exp", call (graph, "Mul", x, number (graph, 0.5)), NULL);
  y = call (graph, "Add", middle, number (graph, 1));
  y = call (graph, "Mul", call (graph, "Sqrt", y, NULL), call (graph, "Abs", y, NULL));
  row = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ middle, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, NULL, "keepdims",
      GEN_INT, 1, NULL);
  gen_graph_add_output (graph, middle);
  gen_graph_add_output (graph, call (graph, "Sub", y, row));
  check (graph, "ElementWise", 2, 3);
}

/* Results may lie over operands, unless somebody needs those later, or elsewhere. */
static void
test_in_place (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("in place");
  GenTensor *x = call (graph, "Relu", input (graph, GEN_SHAPE (1, 6, 50)), NULL), *y, *z;

  x = call (graph, "Softmax", x, NULL);
  y = call (graph, "Neg", call (graph, "Mul", x, slice (graph, x, 1, 2, 3, 1)), NULL);
  z = call (graph, "Softmax", call (graph, "Exp", call (graph, "Add", y, x), NULL), NULL);
  z = call (graph, "Neg", call (graph, "Mul", slice (graph, z, 1, 1, 2, 1), z), NULL);
  gen_graph_add_output (graph, z);
  check (graph, "ElementWiseOfParts", 2, 0);
}

static void
test_slices (void)
{
  for (gint64 axis = 1; axis < 3; axis++)
    for (gint64 step = 1; step < 3; step++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("slices");
      GenTensor *x = call (graph, "Softmax", input (graph, GEN_SHAPE (2, 12, 12)), NULL);
      GenTensor *a = slice (graph, x, axis, 0, 6, step), *b = slice (graph, x, axis, 6, 12, step);

      gen_graph_add_output (graph,
          call (graph, "Mul", call (graph, "Tanh", a, NULL), call (graph, "Sigmoid", b, NULL)));
      check (graph, "ElementWiseOfParts", 1, 2);
    }
}

/* More operands and instructions than one node has room for. */
static void
test_long (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("long");
  GenTensor *y = input (graph, GEN_SHAPE (4, 33));

  for (int i = 0; i < 20; i++)
    y = call (graph, "Add", call (graph, "Sigmoid", y, NULL), input (graph, GEN_SHAPE (4, 33)));
  for (int i = 0; i < 40; i++)
    y = call (graph, "Neg", call (graph, "Tanh", y, NULL), NULL);
  gen_graph_add_output (graph, y);
  check (graph, "Tanh", 0, 0);
}

/* Graphs at random, of random shapes, with readers and outputs anywhere. */
static void
test_random (void)
{
  static const char *const unary[] = { "Relu", "Sigmoid", "Tanh", "Exp", "Neg", "Abs", "Erf",
    "LeakyRelu", "HardSigmoid", "Elu", "Sqrt", "Log", "Reciprocal" };
  static const char *const binary[] = { "Add", "Sub", "Mul", "Div", "PRelu" };
  static const GenShape shapes[] = { { 0 }, { 1, { 9 } }, { 2, { 4, 1 } }, { 3, { 3, 4, 9 } },
    { 3, { 3, 1, 9 } }, { 3, { 3, 4, 9 } } };

  for (guint seed = 0; seed < 200; seed++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("random");
    g_autoptr (GRand) random = g_rand_new_with_seed (seed);
    g_autoptr (GPtrArray) made = g_ptr_array_new ();
    g_autoptr (GenPlan) apart = NULL, fused = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
      g_ptr_array_add (made, input (graph, shapes[i]));
    for (int i = 0; i < 25; i++) {
      guint from = g_rand_int_range (random, 0, 2) * (made->len - MIN (made->len, 4));
      GenTensor *a = g_ptr_array_index (made, g_rand_int_range (random, from, made->len));
      GenTensor *b = g_ptr_array_index (made, g_rand_int_range (random, 0, made->len));
      const char *op;

      if (g_rand_boolean (random)) {
        op = unary[g_rand_int_range (random, 0, G_N_ELEMENTS (unary))];
        b = NULL;
      } else {
        op = binary[g_rand_int_range (random, 0, G_N_ELEMENTS (binary))];
      }
      if (b != NULL && strcmp (op, "PRelu") == 0 && a->shape.rank < b->shape.rank)
        continue;
      g_ptr_array_add (made, call (graph, op, a, b));
      if (g_rand_int_range (random, 0, 6) == 0)
        gen_graph_add_output (graph, g_ptr_array_index (made, made->len - 1));
    }
    gen_graph_add_output (graph, g_ptr_array_index (made, made->len - 1));
    apart = run (graph, TRUE, 1);
    fused = run (graph, FALSE, 2);
    assert_same (apart, fused);
  }
}

/* --- formulas --- */

static GenTensor *
write_gelu (GenGraph *graph, GenTensor *x, int order)
{
  GenTensor *erf = order == 1 ? call (graph, "Mul", x, number (graph, M_SQRT1_2))
                              : call (graph, "Div", x, number (graph, M_SQRT2));

  erf = call (graph, "Add", call (graph, "Erf", erf, NULL), number (graph, 1));
  switch (order) {
  case 0:
    return call (graph, "Mul", call (graph, "Mul", x, erf), number (graph, 0.5));
  case 1:
    return call (graph, "Mul", call (graph, "Mul", x, number (graph, 0.5)), erf);
  case 2:
    return call (graph, "Mul", x, call (graph, "Mul", number (graph, 0.5), erf));
  default: /* no Gelu: nothing is halved, or twice */
    return order == 3 ? call (graph, "Mul", x, erf)
                      : call (graph, "Mul", call (graph, "Mul", x, number (graph, 0.5)),
                            call (graph, "Mul", erf, number (graph, 0.5)));
  }
}

static void
test_formulas (void)
{
  for (int order = 0; order < 5; order++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("gelu");

    gen_graph_add_output (graph, write_gelu (graph, input (graph, GEN_SHAPE (3, 50)), order));
    check (graph, "Gelu", order < 3 ? 1 : 0, 0);
  }
  for (int rank = 0; rank < 4; rank++) { /* of the number: the result may have more than x */
    g_autoptr (GenGraph) graph = gen_graph_new ("gelu by a number of some rank");
    const GenShape shape = { .rank = rank, .dims = { 1, 1, 1 } };
    GenTensor *x = input (graph, GEN_SHAPE (3, 50)), *y;

    y = call (graph, "Div", x, gen_graph_full (graph, &shape, M_SQRT2));
    y = call (graph, "Add", call (graph, "Erf", y, NULL), number (graph, 1));
    y = call (graph, "Mul", call (graph, "Mul", x, y), number (graph, 0.5));
    gen_graph_add_output (graph, y);
    check (graph, "Gelu", rank < 3, 0);
  }
  for (int order = 0; order < 2; order++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("silu");
    GenTensor *x = input (graph, GEN_SHAPE (3, 50)), *s = call (graph, "Sigmoid", x, NULL);

    gen_graph_add_output (
        graph, order == 0 ? call (graph, "Mul", x, s) : call (graph, "Mul", s, x));
    check (graph, "Silu", 1, 1);
  }
}

static void
test_group_normalization (void)
{
  for (int with = 0; with < 8; with++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("group");
    GenTensor *x = input (graph, GEN_SHAPE (2, 12, 9, 40)), *y, *inputs[3];

    if (with & 4)
      x = convolve (graph, x, 12, 3, 1);
    inputs[0] = reshape (graph, x, GEN_SHAPE (2, 4, -1));
    inputs[1] = constant (graph, GEN_SHAPE (4), 5);
    inputs[2] = constant (graph, GEN_SHAPE (4), 6);
    y = gen_graph_op (graph, "InstanceNormalization", inputs, 3, 1, NULL, NULL);
    y = reshape (graph, y, x->shape);
    if (with & 1)
      y = call (graph, "Mul", y, constant (graph, GEN_SHAPE (12, 1, 1), 7));
    if (with & 2)
      y = call (graph, "Add", constant (graph, GEN_SHAPE (1, 12, 1, 1), 8), y);
    y = call (graph, "Mul", y, call (graph, "Sigmoid", y, NULL));
    gen_graph_add_output (graph, y);
    check (graph, "GroupNormalization", 1, with & 4 ? 0 : 1);
  }
}

/* --- what ends heavy operators --- */

static void
test_matrix_products (void)
{
  /* Large enough for tiles, and not; with a batch of right operands, and without. */
  static const GenShape left[] = { { 2, { 3, 20 } }, { 3, { 2, 70, 64 } }, { 3, { 2, 5, 20 } } };
  static const GenShape right[] = { { 2, { 20, 33 } }, { 2, { 64, 96 } }, { 3, { 2, 20, 7 } } };

  for (gsize i = 0; i < G_N_ELEMENTS (left); i++)
    for (int kind = 0; kind < 4; kind++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("product");
      GenTensor *x = input (graph, left[i]), *y;
      gint64 n = right[i].dims[right[i].rank - 1];

      y = call (graph, "MatMul", x, constant (graph, right[i], 1));
      y = call (graph, "Add", constant (graph, GEN_SHAPE (n), 2), y);
      if (kind == 1)
        y = write_gelu (graph, y, 0);
      if (kind == 2)
        y = call (graph, "Relu", call (graph, "Add", input (graph, y->shape), y), NULL);
      if (kind == 3)
        y = call (graph, "PRelu", y, constant (graph, GEN_SHAPE (n), 3));
      gen_graph_add_output (graph, y);
      check (graph, left[i].rank == 2 ? "Gemm" : "MatMul", 1, 1);
    }
}

static void
test_convolutions (void)
{
  static const struct {
    gint64 channels, out, size, kernel, stride;
  } cases[] = { { 3, 8, 9, 3, 2 }, { 64, 64, 20, 3, 1 }, { 64, 96, 20, 1, 1 }, { 40, 70, 3, 1, 1 },
    { 16, 16, 33, 3, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int kind = 0; kind < 5; kind++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("convolution");
      GenTensor *x = input (graph, GEN_SHAPE (2, cases[i].channels, cases[i].size, cases[i].size));
      GenTensor *y = convolve (graph, x, cases[i].out, cases[i].kernel, cases[i].stride);

      if (kind == 0)
        y = call (graph, "PRelu", y, constant (graph, GEN_SHAPE (cases[i].out, 1, 1), 3));
      if (kind == 1)
        y = call (graph, "Relu", call (graph, "Add", y, input (graph, y->shape)), NULL);
      if (kind == 2)
        y = call (
            graph, "Add", convolve (graph, x, cases[i].out, cases[i].kernel, cases[i].stride), y);
      if (kind == 3)
        y = call (graph, "Mul", y, call (graph, "Sigmoid", y, NULL));
      if (kind == 4)
        y = call (graph, "PRelu", call (graph, "Add", y, input (graph, y->shape)),
            constant (graph, GEN_SHAPE (cases[i].out, 1, 1), 3));
      gen_graph_add_output (graph, y);
      check (graph, kind == 0 || kind == 4 ? "PRelu" : kind == 3 ? "Sigmoid" : "Add", 0, 0);
    }
}

/* Each channel by constant statistics. */
static GenTensor *
normalize (GenGraph *graph, GenTensor *x)
{
  GenShape shape = GEN_SHAPE (x->shape.dims[1]);
  GenTensor *inputs[] = { x, constant (graph, shape, 5), constant (graph, shape, 6),
    constant (graph, shape, 7), gen_graph_full (graph, &shape, 0.5) };

  return gen_graph_op (graph, "BatchNormalization", inputs, 5, 1, NULL, NULL);
}

/* Chains of what a product could take over, each alone: nothing comes before what is taken
 * already. What stands beside the tensor is a vector (b), a row (w), of the result's shape (r), a
 * second product (p) or a column (c). */
static void
test_orders (void)
{
  static const char *const chains[] = { "pb", "ab", "tb", "sb", "rb", "rbs", "br", "bb", "bab",
    "rab", "cb", "bcb", "wb", "bw", "rr", "rbr", "prb", "sab", "nb", "rnb", "arb", "bnb", "brab" };
  static const GenShape left[] = { { 2, { 3, 4 } }, { 2, { 70, 64 } }, { 3, { 2, 5, 4 } },
    { 4, { 2, 4, 5, 6 } } };

  for (gsize i = 0; i < G_N_ELEMENTS (left); i++)
    for (gsize c = 0; c < G_N_ELEMENTS (chains); c++) {
      g_autoptr (GenGraph) graph = gen_graph_new (chains[c]);
      g_autoptr (GenPlan) apart = NULL, fused = NULL;
      GenTensor *x = input (graph, left[i]), *y;
      gboolean picture = left[i].rank == 4;
      gint64 k = left[i].dims[picture ? 1 : left[i].rank - 1], n = 8;
      GenShape vector = picture ? GEN_SHAPE (n, 1, 1) : GEN_SHAPE (n);

      y = picture ? convolve (graph, x, n, 3, 1)
                  : call (graph, "MatMul", x, constant (graph, GEN_SHAPE (k, n), 1));
      for (const char *step = chains[c]; *step != '\0'; step++) {
        GenShape column = y->shape;

        column.dims[column.rank - 1] = 1;
        if (*step == 'a')
          y = call (graph, "Relu", y, NULL);
        else if (*step == 't')
          y = call (graph, "Tanh", y, NULL);
        else if (*step == 's')
          y = call (graph, "PRelu", y, constant (graph, vector, 2));
        else if (*step == 'b')
          y = call (graph, "Add", y, constant (graph, vector, 3));
        else if (*step == 'w')
          y = call (graph, "Add", input (graph, picture ? vector : GEN_SHAPE (1, n)), y);
        else if (*step == 'r')
          y = call (graph, "Add", input (graph, y->shape), y);
        else if (*step == 'c')
          y = call (graph, "Add", y, constant (graph, column, 4));
        else if (*step == 'n' && left[i].rank != 3) /* whose channels are the same dimension */
          y = normalize (graph, y);
        else if (*step == 'p' && !picture)
          y = call (graph, "Add", y,
              call (
                  graph, "MatMul", input (graph, left[i]), constant (graph, GEN_SHAPE (k, n), 5)));
      }
      gen_graph_add_output (graph, y);
      apart = run (graph, TRUE, 1);
      fused = run (graph, FALSE, 2);
      assert_same (apart, fused);
    }
}

/* The first two of a recurrent cell's products, of which neither is lost. */
static void
test_two_products (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("cell");
  GenTensor *y = call (graph, "MatMul", input (graph, GEN_SHAPE (1, 4)),
      gen_graph_full (graph, &GEN_SHAPE (4, 8), 0.5));
  GenTensor *z = call (graph, "MatMul", input (graph, GEN_SHAPE (1, 5)),
      gen_graph_full (graph, &GEN_SHAPE (5, 8), 2));
  g_autoptr (GenPlan) plan = NULL;
  double want = 100;

  y = call (graph, "Add", call (graph, "Add", y, z), gen_graph_full (graph, &GEN_SHAPE (8), 100));
  gen_graph_add_output (graph, y);
  plan = run (graph, FALSE, 1);
  g_assert_cmpuint (count_steps (plan, "Add"), ==, 0);
  for (int i = 0; i < 9; i++)
    want += i < 4 ? 0.5 * ((float *)gen_plan_input (plan, 0)->data)[i]
                  : 2 * ((float *)gen_plan_input (plan, 1)->data)[i - 4];
  for (int i = 0; i < 8; i++)
    g_assert_cmpfloat_with_epsilon (((float *)gen_plan_output (plan, 0)->data)[i], want, 1e-4);
}

/* A product that is large enough for what is read beyond its bias not to be there. */
static void
test_large_sum (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("large");
  GenTensor *y = call (graph, "MatMul", input (graph, GEN_SHAPE (4096, 4)),
      constant (graph, GEN_SHAPE (4, 2048), 1));

  y = call (graph, "Add", y, input (graph, y->shape));
  gen_graph_add_output (graph, call (graph, "Add", y, constant (graph, GEN_SHAPE (2048), 2)));
  check (graph, "Add", 0, 1);
}

/* A product by a vector has rows alone, and no bias or slope for each. */
static void
test_by_vector (void)
{
  for (int kind = 0; kind < 4; kind++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("vector");
    GenTensor *x = input (graph, kind < 2 ? GEN_SHAPE (3, 5, 4) : GEN_SHAPE (5, 4)), *y;

    y = call (graph, "MatMul", x, constant (graph, GEN_SHAPE (4), 1));
    y = call (graph, kind % 2 == 0 ? "Add" : "PRelu", y, constant (graph, GEN_SHAPE (5), 2));
    gen_graph_add_output (graph, y);
    check (graph, kind == 1 || kind == 3 ? "PRelu" : "Add", kind == 2 ? 0 : 1, 0);
  }
}

/* Bounds that cross: the upper one holds, everywhere. */
static void
test_crossed_bounds (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("crossed");
  GenTensor *inputs[] = { convolve (graph, input (graph, GEN_SHAPE (1, 4, 6, 6)), 8, 3, 1),
    number (graph, 1), number (graph, -1) };
  g_autoptr (GenPlan) plan = NULL;

  gen_graph_add_output (graph, gen_graph_op (graph, "Clip", inputs, 3, 1, NULL, NULL));
  plan = run (graph, FALSE, 1);
  for (int i = 0; i < 8 * 36; i++)
    g_assert_cmpfloat (((float *)gen_plan_output (plan, 0)->data)[i], ==, -1);
}

/* Up to opset 13 a node that gives statistics is one that trains, whatever its attributes say. */
static void
test_training_normalization (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("training");
  GenTensor *inputs[5], *outputs[3];
  GenNode *node;

  inputs[0] = convolve (graph, input (graph, GEN_SHAPE (2, 4, 6, 6)), 8, 3, 1);
  for (int i = 1; i < 5; i++)
    inputs[i] = gen_graph_full (graph, &GEN_SHAPE (8), i);
  for (int i = 0; i < 3; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, NULL, "BatchNormalization", 9, inputs, 5, outputs, 3, &error);
  g_assert_no_error (error);
  g_assert_true (node->op->infer (node, &error));
  for (int i = 0; i < 3; i++)
    gen_graph_add_output (graph, outputs[i]);
  check (graph, "BatchNormalization", 1, 0);
}

/* A sum that the product itself depends on, or that somebody reads before the activation. */
static void
test_not_taken (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("kept");
  GenTensor *x = input (graph, GEN_SHAPE (1, 8, 12, 12)), *y = convolve (graph, x, 8, 3, 1), *z;

  z = call (graph, "Add", y, call (graph, "Softmax", y, NULL));
  gen_graph_add_output (graph, z);
  y = convolve (graph, z, 8, 3, 1);
  gen_graph_add_output (graph, call (graph, "Relu", y, NULL));
  gen_graph_add_output (graph, y);
  check (graph, "Add", 1, 0);
}

/* A normalisation behind a dense layer goes into its weights. */
static void
test_normalized_layer (void)
{
  for (int transposed = 0; transposed < 2; transposed++)
    for (int biased = 0; biased < 2; biased++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("layer");
      GenTensor *inputs[5], *y;
      float *variance = g_new (float, 6);

      for (int i = 0; i < 6; i++)
        variance[i] = 0.5f + i;
      inputs[0] = input (graph, GEN_SHAPE (4, 10));
      inputs[1] = constant (graph, transposed ? GEN_SHAPE (6, 10) : GEN_SHAPE (10, 6), 1);
      inputs[2] = constant (graph, GEN_SHAPE (6), 2);
      y = gen_graph_op (
          graph, "Gemm", inputs, biased ? 3 : 2, 1, NULL, "transB", GEN_INT, transposed, NULL);
      inputs[0] = y;
      for (int i = 1; i < 4; i++)
        inputs[i] = constant (graph, GEN_SHAPE (6), 2 + i);
      inputs[4] = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (6),
          g_bytes_new_take (variance, 6 * sizeof (float)));
      y = gen_graph_op (graph, "BatchNormalization", inputs, 5, 1, NULL, NULL);
      gen_graph_add_output (graph, y);
      check (graph, "Gemm", 1, 1);
    }
}

/* Borders that a convolution can see by itself, and others. */
static void
test_pads (void)
{
  static const struct {
    gint64 pads[8];
    double border;
    guint left;
  } cases[] = { { { 0, 0, 1, 0, 0, 0, 1, 1 }, 0, 0 }, { { 0, 0, 1, 1, 0, 0, 1, 1 }, 0, 0 },
    { { 0, 0, 1, 1, 0, 0, 1, 1 }, 1, 1 }, { { 0, 1, 1, 1, 0, 0, 1, 1 }, 0, 1 },
    { { 0, 0, 2, 2, 0, 0, 0, 0 }, 0, 1 }, { { 0, 0, -1, 1, 0, 0, 1, 1 }, 0, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gint64 stride = 1; stride < 3; stride++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("pads");
      GenTensor *x = input (graph, GEN_SHAPE (2, 4, 9, 12));

      x = gen_graph_op (graph, "Pad",
          (GenTensor *[]){
              x, gen_graph_ints (graph, cases[i].pads, 8), number (graph, cases[i].border) },
          3, 1, NULL, NULL);
      gen_graph_add_output (graph, convolve (graph, x, 5, 3, stride));
      check (graph, "Pad", cases[i].left, 0);
    }
}

/* --- layouts --- */

static void
test_transposes (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("transposes");
  GenTensor *y = convolve (graph, input (graph, GEN_SHAPE (2, 4, 8, 6)), 5, 3, 1);

  y = transpose (graph, y, (gint64[]){ 0, 2, 3, 1 });
  y = call (graph, "Softmax", y, NULL);
  y = transpose (graph, y, (gint64[]){ 0, 3, 1, 2 });
  gen_graph_add_output (graph, convolve (graph, y, 3, 3, 1));
  check (graph, "Transpose", 0, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fusion/chain", test_chain);
  g_test_add_func ("/fusion/readers", test_readers);
  g_test_add_func ("/fusion/in-place", test_in_place);
  g_test_add_func ("/fusion/slices", test_slices);
  g_test_add_func ("/fusion/long", test_long);
  g_test_add_func ("/fusion/random", test_random);
  g_test_add_func ("/fusion/formulas", test_formulas);
  g_test_add_func ("/fusion/group-normalization", test_group_normalization);
  g_test_add_func ("/fusion/matrix-products", test_matrix_products);
  g_test_add_func ("/fusion/convolutions", test_convolutions);
  g_test_add_func ("/fusion/orders", test_orders);
  g_test_add_func ("/fusion/two-products", test_two_products);
  g_test_add_func ("/fusion/large-sum", test_large_sum);
  g_test_add_func ("/fusion/by-vector", test_by_vector);
  g_test_add_func ("/fusion/crossed-bounds", test_crossed_bounds);
  g_test_add_func ("/fusion/training-normalization", test_training_normalization);
  g_test_add_func ("/fusion/not-taken", test_not_taken);
  g_test_add_func ("/fusion/normalized-layer", test_normalized_layer);
  g_test_add_func ("/fusion/pads", test_pads);
  g_test_add_func ("/fusion/transposes", test_transposes);
  return g_test_run ();
}
