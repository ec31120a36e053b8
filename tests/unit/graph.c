/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs, gradients and plans, on the smallest nets that show what they do. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <string.h>
#include <unistd.h>

static GenTensor *
weights (GenGraph *graph, const char *name, gint64 rows, gint64 columns, guint64 seed)
{
  GenRandom random = gen_random_new (seed, "test", 0);
  float *values = g_new (float, rows *columns);

  gen_random_normal (&random, 0, 0, values, rows * columns);
  return gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (rows, columns),
      g_bytes_new_take (values, rows * columns * sizeof (float)));
}

static GenGraph *
two_layers (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("two layers");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 5));
  GenTensor *y = gen_binary (graph, "Gemm", x, weights (graph, "w1", 5, 70, 1), &error);

  y = gen_unary (graph, "Relu", y, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y, weights (graph, "w2", 4, 70, 2), gen_graph_float (graph, 0.5) }, 3, 1,
      &error, "transB", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
test_run (void)
{
  g_autoptr (GenGraph) graph = two_layers ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 2 }, &error);
  const float *w1 = gen_tensor_constant (gen_graph_find (graph, "w1"));
  const float *w2 = gen_tensor_constant (gen_graph_find (graph, "w2"));
  const float *out;
  float *x;

  g_assert_no_error (error);
  x = gen_plan_input (plan, 0)->data;
  for (int i = 0; i < 15; i++)
    x[i] = (i % 7) - 3;
  for (int run = 0; run < 1000; run++)
    g_assert_true (gen_plan_run (plan, NULL));
  out = gen_plan_output (plan, 0)->data;
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++) {
      double sum = 0.5;

      for (int h = 0; h < 70; h++) {
        double hidden = 0;

        for (int k = 0; k < 5; k++)
          hidden += x[r * 5 + k] * w1[k * 70 + h];
        sum += MAX (hidden, 0) * w2[c * 70 + h];
      }
      g_assert_cmpfloat_with_epsilon (out[r * 4 + c], sum, 1e-3);
    }
}

static void
test_gradients (void)
{
  g_autoptr (GenGraph) graph = two_layers ();
  g_autoptr (GError) error = NULL;
  double worst = gen_graph_check_gradients (graph, 7, &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 1e-2);
  g_assert_cmpfloat (worst, >=, 0);
}

/* A state that counts: it is written over in place, and holds from run to run. */
static void
test_state (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("counter");
  g_autoptr (GError) error = NULL;
  float zero[2] = { 0, 10 };
  GenTensor *state = gen_graph_add_state (
      graph, "count", GEN_TYPE_FLOAT32, &GEN_SHAPE (2), g_bytes_new (zero, sizeof zero));
  GenTensor *next = gen_binary (graph, "Add", state, gen_graph_float (graph, 1), &error);
  g_autoptr (GenPlan) plan = NULL;
  const float *values;

  gen_graph_assign (graph, state, next);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 5; i++)
    g_assert_true (gen_plan_run (plan, NULL));
  values = gen_plan_find (plan, "count")->data;
  g_assert_cmpfloat (values[0], ==, 5);
  g_assert_cmpfloat (values[1], ==, 15);
}

static gpointer
run_many (gpointer plan)
{
  for (int i = 0; i < 200; i++)
    g_assert_true (gen_plan_run (plan, NULL));
  return NULL;
}

/* Large enough for its products to be cut in parts. */
static GenGraph *
wide_layer (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("wide layer");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (64, 200));
  GenTensor *y = gen_binary (graph, "Gemm", x, weights (graph, "w1", 200, 300, 1), &error);

  y = gen_binary (graph, "Gemm", gen_unary (graph, "Relu", y, &error),
      weights (graph, "w2", 300, 400, 2), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

/* Several plans at once share the team and do not disturb each other. */
static void
test_concurrent (void)
{
  g_autoptr (GenGraph) graph = wide_layer ();
  g_autoptr (GError) error = NULL;
  GenPlan *plans[4];
  GThread *threads[4];

  for (int i = 0; i < 4; i++) {
    plans[i] = gen_plan_new (graph, &(GenPlanOptions){ .threads = 4 }, &error);
    g_assert_no_error (error);
    for (int k = 0; k < 64 * 200; k++)
      ((float *)gen_plan_input (plans[i], 0)->data)[k] = k % 13;
    threads[i] = g_thread_new ("plan", run_many, plans[i]);
  }
  for (int i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  for (int i = 1; i < 4; i++)
    g_assert_cmpmem (gen_plan_output (plans[i], 0)->data, gen_plan_output (plans[i], 0)->size,
        gen_plan_output (plans[0], 0)->data, gen_plan_output (plans[0], 0)->size);
  for (int i = 0; i < 4; i++)
    gen_plan_free (plans[i]);
}

/* The user's memory is read and written without a copy. */
static void
test_bind (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("bind");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4));
  g_autoptr (GenPlan) plan = NULL;
  float in[4] = { 1, -2, 3, -4 }, out[4];

  gen_graph_add_output (graph, gen_unary (graph, "Relu", x, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  gen_plan_bind_input (plan, 0, in);
  gen_plan_bind_output (plan, 0, out);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpfloat (out[0], ==, 1);
  g_assert_cmpfloat (out[1], ==, 0);
  g_assert_cmpfloat (out[2], ==, 3);
  g_assert_cmpfloat (out[3], ==, 0);
}

static void
test_errors (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("wrong");
  g_autoptr (GError) error = NULL;
  GenTensor *a = gen_graph_add_input (graph, "a", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3));

  g_assert_null (gen_unary (graph, "Telepathy", a, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR);
  g_assert_nonnull (strstr (error->message, "Telepathy"));
  g_clear_error (&error);
  g_assert_null (gen_binary (graph, "Gemm", a, a, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
}

/* An attribute of the wrong type is no missing one, whoever reads it: shape inference (transA,
 * keepdims), the kernel (epsilon, alpha), or the fusion that takes the node over. */
static void
test_attribute_types (void)
{
  static const struct {
    const char *op, *attribute, *text;
    int n_inputs, opset;
    gboolean fused;
  } cases[] = {
    { "Gemm", "transA", "'transA' is a string, but should be an int", 2, 17 },
    { "Gemm", "alpha", "'alpha' is a string, but should be a float", 2, 17 },
    { "ReduceSum", "keepdims", "'keepdims' is a string, but should be an int", 1, 17 },
    { "Transpose", "perm", "'perm' is a string, but should be a list of ints", 1, 17 },
    { "LeakyRelu", "alpha", "'alpha' is a string, but should be a float", 1, 17 },
    { "LeakyRelu", "alpha", "'alpha' is a string, but should be a float", 1, 17, TRUE },
    { "Clip", "max", "'max' is a string, but should be a float", 1, 6 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("wrong attributes");
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 4));
    g_autoptr (GenPlan) plan = NULL;
    GenTensor *y = gen_graph_add_value (graph, "y");
    GenNode *node;

    if (cases[i].fused)
      x = gen_binary (graph, "Gemm", x, x, &error);
    node = gen_graph_add_node (graph, "broken", NULL, cases[i].op, cases[i].opset,
        (GenTensor *[]){ x, x }, cases[i].n_inputs, &y, 1, &error);
    g_assert_no_error (error);
    gen_node_set_string (node, cases[i].attribute, "1");
    gen_graph_add_output (graph, y);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_null (plan);
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, "node 'broken'"));
    if (strstr (error->message, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, cases[i].text);
  }
}

/* What the machine cannot hold is refused, and what is computed while shapes are inferred has a
 * bound: constants beyond it are left to the plan. */
static void
test_memory (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) huge = gen_graph_new ("huge"), many = gen_graph_new ("many");
  const gint64 quarter = (gint64)1 << 26; /* floats: 256 MB */
  GenTensor *x = gen_graph_add_input (huge, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  const gint64 extents[2] = { 1 << 16, 1 << 17 };

  x = gen_binary (huge, "Expand", x, gen_graph_ints (huge, extents, 2), &error);
  x = gen_unary (huge, "Sin", x, &error);
  gen_graph_add_output (
      huge, gen_binary (huge, "Mul", x, gen_unary (huge, "Cos", x, &error), &error));
  g_assert_no_error (error);
  if ((double)sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE) < 4. * extents[0] * extents[1]) {
    g_assert_null (gen_plan_new (huge, NULL, &error));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE);
    g_clear_error (&error);
  }

  gen_graph_add_output (many, gen_graph_float (many, 0));
  for (int i = 0; i < 6; i++) {
    gen_graph_op (many, "ConstantOfShape", (GenTensor *[]){ gen_graph_ints (many, &quarter, 1) }, 1,
        1, &error, NULL);
    g_assert_no_error (error);
  }
  g_assert_true (gen_graph_infer (many, &error));
  g_assert_cmpuint (many->folded, <=, (gsize)1 << 30);
}

/* Outputs that are laid out anew, one of them twice an output, keep their names. */
static void
test_output_names (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("names");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *w = gen_graph_full (graph, &GEN_SHAPE (4, 3, 3, 3), 0.5f), *first, *second;

  first = gen_binary (graph, "Conv", x, w, &error);
  second = gen_unary (graph, "Relu", first, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, first);
  gen_graph_add_output (graph, second);
  gen_graph_add_output (graph, first);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (gen_plan_output (plan, 0)->name, ==, first->name);
  g_assert_cmpstr (gen_plan_output (plan, 1)->name, ==, second->name);
  g_assert_cmpstr (gen_plan_output (plan, 2)->name, ==, first->name);
  g_assert_true (gen_plan_find (plan, first->name) == gen_plan_output (plan, 0));
  g_assert_true (gen_plan_find (plan, second->name) == gen_plan_output (plan, 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/run", test_run);
  g_test_add_func ("/graph/gradients", test_gradients);
  g_test_add_func ("/graph/state", test_state);
  g_test_add_func ("/graph/concurrent", test_concurrent);
  g_test_add_func ("/graph/bind", test_bind);
  g_test_add_func ("/graph/errors", test_errors);
  g_test_add_func ("/graph/attribute-types", test_attribute_types);
  g_test_add_func ("/graph/memory", test_memory);
  g_test_add_func ("/graph/output-names", test_output_names);
  return g_test_run ();
}
