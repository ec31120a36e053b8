/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients through QuantizeLinear and DequantizeLinear, and weights of integers that become floats
 * to be trained and integers again. */
#include <generative/plan.h>
#include <generative/quantize.h>

#include <math.h>
#include <string.h>

#include "../../lib/shrink/settle.h"
#include "../../lib/shrink/trainable.h"

#define ROWS 3
#define COLUMNS 7

static GenTensor *
floats (GenGraph *graph, const GenShape *shape, const float *values)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, shape,
      g_bytes_new (values, (gsize)gen_shape_elements (shape) * sizeof *values));
}

static GenTensor *
bytes (GenGraph *graph, GenDataType type, const GenShape *shape, const gint8 *values)
{
  return gen_graph_add_constant (
      graph, NULL, type, shape, g_bytes_new (values, (gsize)gen_shape_elements (shape)));
}

/* Numbers that are within range of their row, and some that are not. */
static float
operand (int i)
{
  return (float)((i * 37 % 41) - 20) / 10;
}

static float
weight (int i)
{
  return (float)(i % 5) - 1.5f;
}

/* d sum (weights * DQ (Q (x))) / dx */
static void
test_gradient (
    GenDataType type, const float *scales, const gint8 *zeros, int n, double low, double high)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("steps");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (ROWS, COLUMNS));
  const GenShape shape = n == 1 ? GEN_SHAPE_SCALAR : GEN_SHAPE (n);
  GenTensor *scale = floats (graph, &shape, scales), *zero = bytes (graph, type, &shape, zeros), *y,
            *gradient;
  float weights[ROWS * COLUMNS];
  g_autoptr (GenPlan) plan = NULL;
  GError *error = NULL;
  int cut = 0;

  for (int i = 0; i < ROWS * COLUMNS; i++)
    weights[i] = weight (i);
  y = gen_graph_op (graph, "QuantizeLinear", (GenTensor *[]){ x, scale, zero }, 3, 1, &error,
      "axis", GEN_INT, 0, NULL);
  y = gen_graph_op (graph, "DequantizeLinear", (GenTensor *[]){ y, scale, zero }, 3, 1, &error,
      "axis", GEN_INT, 0, NULL);
  y = gen_binary (graph, "Mul", y, floats (graph, &GEN_SHAPE (ROWS, COLUMNS), weights), &error);
  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  gen_graph_gradients (graph, y, &x, 1, &gradient, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, gradient);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < ROWS * COLUMNS; i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = operand (i);
  gen_plan_run (plan, &error);
  for (int i = 0; i < ROWS * COLUMNS; i++) {
    const int row = n == 1 ? 0 : i / COLUMNS;
    const double steps =
        operand (i) / scales[row] + (type == GEN_TYPE_UINT8 ? (guint8)zeros[row] : zeros[row]);
    const gboolean within = steps >= low && steps <= high;

    cut += !within;
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_output (plan, 0)->data)[i], within ? weights[i] : 0, 1e-5);
  }
  g_assert_cmpint (cut, >, 0);
  g_assert_cmpint (cut, <, ROWS * COLUMNS);
}

static void
test_gradients (void)
{
  const float one[] = { 0.0073f }, each[] = { 0.01f, 0.005f, 0.0125f };
  const gint8 none[] = { 0, 0, 0 }, some[] = { 100, (gint8)200, 7 };

  test_gradient (GEN_TYPE_INT8, one, none, 1, -128, 127);
  test_gradient (GEN_TYPE_INT8, each, none, ROWS, -128, 127);
  test_gradient (GEN_TYPE_UINT8, one, some, 1, 0, 255);
  test_gradient (GEN_TYPE_UINT8, each, some, ROWS, 0, 255);
}

/* --- weights --- */

/* A dense layer in QDQ form, with a bias of integers. */
static GenGraph *
new_quantized (void)
{
  GenGraph *graph = gen_graph_new ("quantized");
  const gint8 weights[] = { 5, -100, 127, 3, 0, -128, 44, 2, 1, 9, -9, 60 };
  const float scales[] = { 0.02f, 0.01f, 0.03f, 0.015f }, bias_scale[] = { 0.001f };
  const gint32 bias[] = { 100, -200, 300, 4 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3)), *w, *b, *y;
  GError *error = NULL;

  x->shape.dims[0] = -1;
  w = gen_graph_add_value (graph, "w");
  gen_graph_add_node (graph, "dequantize", NULL, "DequantizeLinear", GEN_OPSET,
      (GenTensor *[]){ bytes (graph, GEN_TYPE_INT8, &GEN_SHAPE (3, 4), weights),
          floats (graph, &GEN_SHAPE (4), scales) },
      2, &w, 1, &error);
  gen_node_set_int (w->producer, "axis", 1);
  b = gen_graph_add_value (graph, "b");
  gen_graph_add_node (graph, "bias", NULL, "DequantizeLinear", GEN_OPSET,
      (GenTensor *[]){ gen_graph_add_constant (graph, NULL, GEN_TYPE_INT32, &GEN_SHAPE (4),
                           g_bytes_new (bias, sizeof bias)),
          floats (graph, &GEN_SHAPE_SCALAR, bias_scale) },
      2, &b, 1, &error);
  y = gen_graph_add_value (graph, "y");
  gen_graph_add_node (
      graph, "dense", NULL, "Gemm", GEN_OPSET, (GenTensor *[]){ x, w, b }, 3, &y, 1, &error);
  y->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, y);
  g_assert_no_error (error);
  return graph;
}

static void
play (GenGraph *graph, float *result)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);
  g_autoptr (GenPlan) plan = NULL;
  GError *error = NULL;

  gen_graph_set_free_dimensions (copy, NULL, 1);
  plan = gen_plan_new (copy, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 3; i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = (float)i - 0.7f;
  gen_plan_run (plan, &error);
  memcpy (result, gen_plan_output (plan, 0)->data, 4 * sizeof *result);
}

static guint
count (const GenGraph *graph, GenDataType type)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++) {
      const GenTensor *input = gen_node_input (node, k);

      n += input != NULL && input->role == GEN_ROLE_CONSTANT && input->type == type &&
           gen_shape_elements (&input->shape) == 12;
    }
  }
  return n;
}

static void
test_trainable (void)
{
  g_autoptr (GenGraph) graph = new_quantized (), shaped = NULL;
  float before[4], between[4], after[4];
  GError *error = NULL;

  play (graph, before);
  g_assert_cmpint (gen_graph_make_trainable (graph, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_cmpuint (count (graph, GEN_TYPE_FLOAT32), ==, 1);
  g_assert_cmpuint (count (graph, GEN_TYPE_INT8), ==, 0);
  play (graph, between);

  shaped = gen_graph_copy (graph);
  gen_graph_set_free_dimensions (shaped, NULL, 2);
  gen_graph_infer (shaped, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_graph_settle (graph, shaped), ==, 1);
  g_assert_cmpuint (count (graph, GEN_TYPE_FLOAT32), ==, 0);
  g_assert_cmpuint (count (graph, GEN_TYPE_INT8), ==, 1);
  play (graph, after);
  for (int i = 0; i < 4; i++) {
    g_assert_cmpfloat_with_epsilon (between[i], before[i], 1e-5);
    g_assert_cmpfloat_with_epsilon (after[i], before[i], 1e-5);
  }
}

static void
test_not_quantized (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("floats");
  GError *error = NULL;

  g_assert_cmpint (gen_graph_make_trainable (graph, &error), ==, -1);
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/straight-through/gradients", test_gradients);
  g_test_add_func ("/straight-through/trainable", test_trainable);
  g_test_add_func ("/straight-through/not-quantized", test_not_quantized);
  return g_test_run ();
}
