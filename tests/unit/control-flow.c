/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* If, Loop and Scan, and graphs whose shapes hang on what they compute: values worked out by hand,
 * by plans and by sessions, and after a way through an ONNX file. */
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/session.h>

#include <string.h>

static GenTensor *
add (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_value (graph, NULL);

  gen_graph_add_node (
      graph, NULL, NULL, op, 17, (GenTensor *[]){ a, b }, b != NULL ? 2 : 1, &y, 1, &error);
  g_assert_no_error (error);
  return y;
}

static GenTensor *
body_input (GenGraph *graph, const char *name, GenDataType type)
{
  return gen_graph_add_input (graph, name, type, &GEN_SHAPE_UNKNOWN);
}

static GenTensor *
flag (GenGraph *graph, gboolean value)
{
  guint8 byte = value;

  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new (&byte, 1));
}

static GenTensor *
whole (GenGraph *graph, gint64 value)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&value, sizeof value));
}

static void
give_graph (GenNode *node, const char *name, GenGraph *graph, int captured)
{
  GenAttribute *attribute = g_new0 (GenAttribute, 1);

  attribute->name = g_strdup (name);
  attribute->type = GEN_ATTRIBUTE_GRAPH;
  attribute->graph = graph;
  attribute->i = captured;
  gen_node_take_attribute (node, attribute);
}

/* A node of control flow: `inputs` and what its graphs capture, ended by NULL each. */
static GenNode *
flow (GenGraph *graph, const char *op, GenTensor **inputs, int n_outputs)
{
  g_autoptr (GError) error = NULL;
  GenTensor *outputs[2];
  GenNode *node;
  int n = 0;

  while (inputs[n] != NULL)
    n++;
  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (graph, NULL, NULL, op, 17, inputs, n, outputs, n_outputs, &error);
  g_assert_no_error (error);
  return node;
}

/* y = x < 0 ? x * w : Concat (x, w), where the condition comes from `flag`. */
static GenGraph *
build_if (GenTensor *(*condition) (GenGraph *graph, GenTensor *x), gboolean same_shapes)
{
  GenGraph *graph = gen_graph_new ("if"), *yes = gen_graph_new ("yes"), *no = gen_graph_new ("no");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  GenTensor *w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (2),
      g_bytes_new ((float[]){ 3, 4 }, 2 * sizeof (float)));
  GenTensor *a, *b, *y;
  GenNode *node;

  a = body_input (yes, "x", GEN_TYPE_FLOAT32);
  b = body_input (yes, "w", GEN_TYPE_FLOAT32);
  gen_graph_add_output (yes, add (yes, "Mul", a, b));
  a = body_input (no, "x", GEN_TYPE_FLOAT32);
  b = body_input (no, "w", GEN_TYPE_FLOAT32);
  y = add (no, same_shapes ? "Add" : "Concat", a, b);
  if (!same_shapes)
    gen_node_set_int (y->producer, "axis", 0);
  gen_graph_add_output (no, y);
  node = flow (graph, "If", (GenTensor *[]){ condition (graph, x), NULL }, 1);
  give_graph (node, "then_branch", yes, 2);
  give_graph (node, "else_branch", no, 2);
  for (int i = 0; i < 2; i++) {
    g_ptr_array_add (node->inputs, x);
    g_ptr_array_add (node->inputs, w);
  }
  y = add (graph, "Neg", gen_node_output (node, 0), NULL);
  y->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, y);
  return graph;
}

static GenTensor *
always (GenGraph *graph, GenTensor *x)
{
  return flag (graph, TRUE);
}

static GenTensor *
is_negative (GenGraph *graph, GenTensor *x)
{
  GenTensor *sum = add (graph, "ReduceSum", x, NULL);

  gen_node_set_int (sum->producer, "keepdims", 0);
  return add (graph, "Less", sum, gen_graph_float (graph, 0));
}

/* The graph's only float32 output for x; NULL in `expected` ends nothing: `n` numbers. */
static void
expect_plan (GenGraph *graph, const float *x, const float *expected, gsize n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_plan_new (graph, NULL, &error);

  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, gen_plan_input (plan, 0)->size);
  /* Twice: nothing is left of the first run. */
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpmem (gen_plan_output (plan, 0)->data, gen_plan_output (plan, 0)->size, expected,
      n * sizeof (float));
}

static void
expect (GenSession *session, gint64 extent, const float *x, const float *expected, gsize n)
{
  g_autoptr (GError) error = NULL;
  GenBinding input = { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (extent), extent * 4, (void *)x };

  gen_session_run (session, &input, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (gen_session_output (session, 0)->data, gen_session_output (session, 0)->size,
      expected, n * sizeof (float));
}

/* Through an ONNX file and back. */
static GenGraph *
pass_through_file (GenGraph *graph)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = gen_onnx_serialize (graph, &error);
  GenGraph *read;

  g_assert_no_error (error);
  read = gen_onnx_parse (bytes, "test", NULL, &error);
  g_assert_no_error (error);
  return read;
}

static void
test_if_known (void)
{
  g_autoptr (GenGraph) graph = build_if (always, FALSE), read = pass_through_file (graph);

  expect_plan (graph, (float[]){ 1, 2 }, (float[]){ -3, -8 }, 2);
  expect_plan (read, (float[]){ 1, 2 }, (float[]){ -3, -8 }, 2);
}

static void
test_if_unknown (void)
{
  g_autoptr (GenGraph) graph = build_if (is_negative, TRUE), read = pass_through_file (graph);

  expect_plan (graph, (float[]){ -1, -2 }, (float[]){ 3, 8 }, 2);
  expect_plan (graph, (float[]){ 1, 2 }, (float[]){ -4, -6 }, 2);
  expect_plan (read, (float[]){ 1, 2 }, (float[]){ -4, -6 }, 2);
}

/* The checker's inputs are of either sign. */
static void
test_if_gradient (void)
{
  for (guint64 seed = 0; seed < 6; seed++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build_if (is_negative, TRUE);
    double worst = gen_graph_check_gradients (graph, seed, &error);

    g_assert_no_error (error);
    g_assert_cmpfloat (worst, <, 1e-2);
  }
}

static void
test_if_shapes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build_if (is_negative, FALSE);
  g_autoptr (GenSession) session = gen_session_new (graph, NULL);

  g_assert_null (gen_plan_new (graph, NULL, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  for (int i = 0; i < 2; i++) {
    expect (session, 2, (float[]){ -1, -2 }, (float[]){ 3, 8 }, 2);
    expect (session, 2, (float[]){ 1, 2 }, (float[]){ -1, -2, -3, -4 }, 4);
  }
  /* The condition, and what follows from either value. */
  g_assert_cmpuint (gen_session_n_plans (session), ==, 3);
}

/* while (sum (v) < 20 && iterations < count) v += w; with the sums as a scan output. */
static GenGraph *
build_loop (GenTensor *count, GenGraph *graph, gboolean stops, gboolean grows)
{
  GenGraph *body = gen_graph_new ("body");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1)), *sum, *v, *w;
  GenTensor *condition;
  GenNode *node;

  body_input (body, "i", GEN_TYPE_INT64);
  condition = body_input (body, "c", GEN_TYPE_BOOL);
  v = body_input (body, "v", GEN_TYPE_FLOAT32);
  w = body_input (body, "x", GEN_TYPE_FLOAT32);
  v = add (body, grows ? "Concat" : "Add", v, w);
  if (grows)
    gen_node_set_int (v->producer, "axis", 0);
  sum = add (body, "ReduceSum", v, NULL);
  gen_node_set_int (sum->producer, "keepdims", 0);
  gen_graph_add_output (
      body, stops ? add (body, "Less", sum, gen_graph_float (body, 20)) : condition);
  gen_graph_add_output (body, v);
  gen_graph_add_output (body, sum);
  node = flow (graph, "Loop", (GenTensor *[]){ count, flag (graph, TRUE), x, NULL }, 2);
  give_graph (node, "body", body, 1);
  g_ptr_array_add (node->inputs, x);
  for (guint i = 2; i > 0; i--) {
    GenTensor *output = gen_node_output (node, i - 1);

    output->type = GEN_TYPE_FLOAT32;
    gen_graph_add_output (graph, output);
  }
  return graph;
}

static void
test_loop_counted (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("loop"), read = NULL;

  build_loop (whole (graph, 3), graph, FALSE, FALSE);
  read = pass_through_file (graph);
  gen_graph_set_free_dimensions (graph, NULL, 2);
  gen_graph_set_free_dimensions (read, NULL, 2);
  expect_plan (graph, (float[]){ 1, 2 }, (float[]){ 6, 9, 12 }, 3);
  expect_plan (read, (float[]){ 1, 2 }, (float[]){ 6, 9, 12 }, 3);
}

static void
test_loop_grows (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("loop");

  build_loop (whole (graph, 3), graph, FALSE, TRUE);
  gen_graph_set_free_dimensions (graph, NULL, 2);
  expect_plan (graph, (float[]){ 1, 2 }, (float[]){ 6, 9, 12 }, 3);
}

/* More numbers than a session looks at to find a plan; all are 0 but the first. */
static void
expect_many (GenSession *session, float first, const float *expected, gsize n)
{
  const gint64 many = 5000;
  g_autofree float *x = g_new0 (float, many);

  x[0] = first;
  expect (session, many, x, expected, n);
}

/* How often it runs shows only as it runs. */
static void
test_loop_stops (void)
{
  for (int grows = 0; grows < 2; grows++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("loop");
    g_autoptr (GenSession) session = NULL;

    build_loop (whole (graph, G_MAXINT64), graph, TRUE, grows);
    session = gen_session_new (graph, NULL);
    expect (session, 2, (float[]){ 1, 7 }, (float[]){ 16, 24 }, 2);
    expect (session, 2, (float[]){ 1, 20 }, (float[]){ 42 }, 1);
    expect (session, 3, (float[]){ 1, 2, 3 }, (float[]){ 12, 18, 24 }, 3);
    expect_many (session, 8, (float[]){ 16, 24 }, 2);
    expect_many (session, 19, (float[]){ 38 }, 1);
    expect (session, 2, (float[]){ 1, 7 }, (float[]){ 16, 24 }, 2);
  }
}

static void
test_loop_endless (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("loop");
  g_autoptr (GenSession) session = NULL;
  float x[2] = { 1, 2 };
  GenBinding input = { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (2), sizeof x, x };

  build_loop (whole (graph, G_MAXINT64), graph, FALSE, FALSE);
  session = gen_session_new (graph, NULL);
  g_assert_false (gen_session_run (session, &input, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
}

static void
test_loop_gradient (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("loop");
  double worst;

  build_loop (whole (graph, 3), graph, FALSE, FALSE);
  gen_graph_set_free_dimensions (graph, NULL, 2);
  worst = gen_graph_check_gradients (graph, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 1e-2);
}

/* Plans are kept for the shapes that come, the latest of them. */
static void
test_session_shapes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("shapes");
  g_autoptr (GenSession) session = NULL;
  float x[32];
  GenBinding wrong = { "x", GEN_TYPE_INT64, GEN_SHAPE (2), 16, x };

  gen_graph_add_output (
      graph, add (graph, "Neg", gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1)),
                 NULL));
  session = gen_session_new (graph, NULL);
  for (int round = 0; round < 2; round++)
    for (int n = 0; n < 20; n++) {
      float expected[32];

      for (int i = 0; i < n; i++)
        expected[i] = -(x[i] = i + round);
      expect (session, n, x, expected, n);
      expect (session, n, x, expected, n);
    }
  g_assert_cmpuint (gen_session_n_plans (session), <=, 8);
  g_assert_false (gen_session_run (session, &wrong, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
}

static GenTensor *
values_of (GenGraph *graph, const char *op, GenDataType type, GenTensor *const *inputs, guint n)
{
  GenTensor *result = gen_graph_add_value (graph, NULL);

  result->type = type;
  gen_graph_add_node (graph, NULL, NULL, op, GEN_OPSET, inputs, n, &result, 1, NULL);
  return result;
}

/* Shapes that hang on values, of which some come again: counting, and where numbers are. What
 * nobody reads is no obstacle. */
static void
test_session_values (void)
{
  static const float sums[] = { 3, 1, 1, 3, 0, 4 };
  g_autoptr (GenGraph) graph = gen_graph_new ("values");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1));
  GenTensor *sum = add (graph, "ReduceSum", x, NULL), *bounds[3];
  g_autoptr (GenSession) session = NULL;

  gen_node_set_int (sum->producer, "keepdims", 0);
  bounds[0] = gen_graph_float (graph, 0);
  bounds[1] = sum;
  bounds[2] = gen_graph_float (graph, 1);
  gen_graph_add_output (graph, values_of (graph, "Range", GEN_TYPE_FLOAT32, bounds, 3));
  values_of (graph, "Unique", GEN_TYPE_FLOAT32, &x, 1);
  gen_graph_add_output (graph, values_of (graph, "NonZero", GEN_TYPE_INT64, &x, 1));
  session = gen_session_new (graph, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (sums); i++) {
    const float given[3] = { 0, sums[i], 0 };
    const GenBinding *places;

    expect (session, 3, given, (float[]){ 0, 1, 2, 3 }, (gsize)sums[i]);
    places = gen_session_output (session, 1);
    g_assert_true (gen_shape_equal (&places->shape, &GEN_SHAPE (1, sums[i] != 0)));
    g_assert_true (sums[i] == 0 || *(const gint64 *)places->data == 1);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control-flow/if/known", test_if_known);
  g_test_add_func ("/control-flow/if/unknown", test_if_unknown);
  g_test_add_func ("/control-flow/if/gradient", test_if_gradient);
  g_test_add_func ("/control-flow/if/shapes", test_if_shapes);
  g_test_add_func ("/control-flow/loop/counted", test_loop_counted);
  g_test_add_func ("/control-flow/loop/grows", test_loop_grows);
  g_test_add_func ("/control-flow/loop/stops", test_loop_stops);
  g_test_add_func ("/control-flow/loop/endless", test_loop_endless);
  g_test_add_func ("/control-flow/loop/gradient", test_loop_gradient);
  g_test_add_func ("/session/shapes", test_session_shapes);
  g_test_add_func ("/session/values", test_session_values);
  return g_test_run ();
}
