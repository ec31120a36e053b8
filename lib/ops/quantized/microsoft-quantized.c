/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantised operators of the domain com.microsoft. Products are exact sums that are scaled; all
 * others are by definition what the operator makes of the numbers, quantised again. */
#include "../microsoft.h"
#include "qlinear.h"

/* --- element by element, and pooling --- */

static gboolean
lower_binary (GenNode *node, const char *op, GenTensor **results, GError **error)
{
  GenTensor *a = gen_qlinear_dequantize (node, 0, error);
  GenTensor *b = a != NULL ? gen_qlinear_dequantize (node, 3, error) : NULL;

  results[0] = gen_qlinear_quantize (node, gen_binary (node->graph, op, a, b, error), 6, error);
  return results[0] != NULL;
}

static gboolean
lower_add (GenNode *node, GenTensor **results, GError **error)
{
  return lower_binary (node, "Add", results, error);
}

static gboolean
lower_mul (GenNode *node, GenTensor **results, GError **error)
{
  return lower_binary (node, "Mul", results, error);
}

/* `op`, with the attributes of the node. Pictures may be channels-last. */
static gboolean
lower_unary (GenNode *node, const char *op, GenTensor **results, GError **error)
{
  static const gint64 to_plain[] = { 0, 3, 1, 2 }, to_last[] = { 0, 2, 3, 1 };
  gboolean last = gen_node_int (node, "channels_last", 0) != 0;
  GenTensor *x = gen_qlinear_dequantize (node, 0, error);

  if (x != NULL && last && x->shape.rank != 4)
    return gen_node_error (node, error, "channels_last is of [batch, height, width, channels]");
  if (last)
    x = gen_build_transpose (node->graph, x, to_plain, error);
  if (x != NULL)
    x = gen_build_like (node->graph, op, &x, 1, node, error);
  if (last)
    x = gen_build_transpose (node->graph, x, to_last, error);
  results[0] = gen_qlinear_quantize (node, x, 3, error);
  return results[0] != NULL;
}

static gboolean
lower_sigmoid (GenNode *node, GenTensor **results, GError **error)
{
  return lower_unary (node, "Sigmoid", results, error);
}

static gboolean
lower_leaky_relu (GenNode *node, GenTensor **results, GError **error)
{
  return lower_unary (node, "LeakyRelu", results, error);
}

static gboolean
lower_average_pool (GenNode *node, GenTensor **results, GError **error)
{
  return lower_unary (node, "AveragePool", results, error);
}

static gboolean
lower_global_average_pool (GenNode *node, GenTensor **results, GError **error)
{
  return lower_unary (node, "GlobalAveragePool", results, error);
}

/* By `opset` below 13, all dimensions from the axis on are one. */
static gboolean
lower_softmax (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_qlinear_dequantize (node, 0, error);
  GenShape shape;
  int axis;

  if (x == NULL)
    return FALSE;
  shape = x->shape;
  axis = gen_axis (gen_node_int (node, "axis", -1), shape.rank);
  if (axis < 0)
    return gen_node_error (node, error, "its axis is none of its input's");
  if (gen_node_int (node, "opset", 13) < 13) {
    x = gen_build_reshape (graph, x,
        &GEN_SHAPE (
            gen_shape_product (&shape, 0, axis), gen_shape_product (&shape, axis, shape.rank)),
        error);
    axis = 1;
  }
  if (x != NULL)
    x = gen_graph_op (graph, "Softmax", &x, 1, 1, error, "axis", GEN_INT, axis, NULL);
  results[0] = gen_qlinear_quantize (node, gen_build_reshape (graph, x, &shape, error), 3, error);
  return results[0] != NULL;
}

/* (condition, x and y, each with its scale and zero point, then those of the result) */
static gboolean
lower_where (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_qlinear_dequantize (node, 1, error);
  GenTensor *y = x != NULL ? gen_qlinear_dequantize (node, 4, error) : NULL;

  if (y == NULL)
    return FALSE;
  y = gen_graph_op (
      node->graph, "Where", (GenTensor *[]){ gen_node_input (node, 0), x, y }, 3, 1, error, NULL);
  results[0] = gen_qlinear_quantize (node, y, 7, error);
  return results[0] != NULL;
}

static gboolean
lower_mean (GenNode *node, GenTensor **results, GError **error)
{
  return lower_unary (node, "ReduceMean", results, error);
}

/* (y_scale, y_zero, then a tensor, its scale and zero point for each) */
static gboolean
lower_concat (GenNode *node, GenTensor **results, GError **error)
{
  guint n = (node->inputs->len - 2) / 3;
  g_autofree GenTensor **parts = g_new0 (GenTensor *, n);

  if (node->inputs->len != 2 + 3 * n)
    return gen_node_error (node, error, "each tensor needs a scale and a zero point");
  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) == NULL)
      return gen_node_error (node, error, "input %u is missing", i);
  for (guint i = 0; i < n; i++) {
    parts[i] = gen_qlinear_dequantize (node, 2 + 3 * i, error);
    if (parts[i] == NULL)
      return FALSE;
  }
  results[0] = gen_qlinear_quantize (
      node, gen_build_like (node->graph, "Concat", parts, n, node, error), 0, error);
  return results[0] != NULL;
}

/* --- products --- */

static GenTensor *
integer_product (
    GenNode *node, GenTensor *a, GenTensor *b, GenTensor *a_zero, GenTensor *b_zero, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return gen_graph_op (
      node->graph, "MatMulInteger", (GenTensor *[]){ a, b, a_zero, b_zero }, 4, 1, error, NULL);
}

/* Scales of columns as they are, of one number as a scalar. */
static GenTensor *
scaled (GenNode *node, GenTensor *sums, GenTensor *a_scale, GenTensor *b_scale, GError **error)
{
  gint64 rows = gen_shape_elements (&a_scale->shape);

  return gen_qlinear_scale (node->graph, sums, a_scale,
      a_scale->shape.rank > 1 ? &a_scale->shape : &GEN_SHAPE (rows, 1), b_scale, &b_scale->shape,
      error);
}

/* (a, a_scale, a_zero, b, b_scale, b_zero[, c[, y_scale, y_zero]]); c is int32 in units of
 * a_scale * b_scale. Without y_scale the result is float32. */
static gboolean
lower_gemm (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 3), *sums;
  GenTensor *c = gen_node_input (node, 6);

  if (gen_node_int (node, "transA", 0) != 0)
    a = gen_build_swap (graph, a, error);
  if (gen_node_int (node, "transB", 0) != 0)
    b = gen_build_swap (graph, b, error);
  sums = integer_product (node, a, b, gen_node_input (node, 2), gen_node_input (node, 5), error);
  if (c != NULL)
    sums = gen_binary (graph, "Add", sums, c, error);
  sums = scaled (node, sums, gen_node_input (node, 1), gen_node_input (node, 4), error);
  results[0] = gen_build_times (graph, sums, gen_node_float (node, "alpha", 1), error);
  if (gen_node_input (node, 7) != NULL)
    results[0] = gen_qlinear_quantize (node, results[0], 7, error);
  return results[0] != NULL;
}

/* (a, b, b_scale[, b_zero[, bias]]): a is float32 and quantised by its own range. */
static gboolean
lower_dynamic_matmul (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *bias = gen_node_input (node, 4), *a[3], *sums;

  if (!gen_qlinear_dynamic (node, gen_node_input (node, 0), a, error))
    return FALSE;
  sums =
      integer_product (node, a[0], gen_node_input (node, 1), a[2], gen_node_input (node, 3), error);
  results[0] = scaled (node, sums, a[1], gen_node_input (node, 2), error);
  if (bias != NULL)
    results[0] = gen_binary (node->graph, "Add", results[0], bias, error);
  return results[0] != NULL;
}

/* (a, b, a_scale, b_scale[, a_zero[, b_zero[, bias]]]) to float32. */
static gboolean
lower_matmul_to_float (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *bias = gen_node_input (node, 6), *sums;

  sums = integer_product (node, gen_node_input (node, 0), gen_node_input (node, 1),
      gen_node_input (node, 4), gen_node_input (node, 5), error);
  results[0] = scaled (node, sums, gen_node_input (node, 2), gen_node_input (node, 3), error);
  if (bias != NULL)
    results[0] = gen_binary (node->graph, "Add", results[0], bias, error);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (microsoft_qlinear_add, "QLinearAdd", 8, 8, 1, "Sum of quantised tensors",
    lower_add, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_mul, "QLinearMul", 8, 8, 1,
    "Product of quantised tensors, element by element", lower_mul, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_sigmoid, "QLinearSigmoid", 5, 5, 1,
    "Logistic function of a quantised tensor", lower_sigmoid, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_leaky_relu, "QLinearLeakyRelu", 5, 5, 1,
    "LeakyRelu of a quantised tensor", lower_leaky_relu, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_average_pool, "QLinearAveragePool", 5, 5, 1,
    "The mean of each window of a quantised tensor", lower_average_pool, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_global_average_pool, "QLinearGlobalAveragePool", 5, 5, 1,
    "The mean of each channel of a quantised tensor", lower_global_average_pool,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_softmax, "QLinearSoftmax", 5, 5, 1,
    "Exponentials of a quantised tensor that sum to 1 along an axis", lower_softmax,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_where, "QLinearWhere", 9, 9, 1,
    "Elements of one quantised tensor or another, by a condition", lower_where,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_reduce_mean, "QLinearReduceMean", 5, 5, 1,
    "Mean of a quantised tensor along axes", lower_mean, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_concat, "QLinearConcat", 5, -1, 1,
    "Quantised tensors one behind the other along an axis", lower_concat, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qgemm, "QGemm", 6, 9, 1, "Dense layer of quantised matrices",
    lower_gemm, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_dynamic_quantize_matmul, "DynamicQuantizeMatMul", 3, 5, 1,
    "Product by quantised weights of what is quantised by its own range", lower_dynamic_matmul,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_matmul_integer_to_float, "MatMulIntegerToFloat", 4, 7, 1,
    "Product of quantised matrices, as numbers", lower_matmul_to_float, .gradient_is_zero = TRUE)
