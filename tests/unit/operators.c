/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators: each gradient against central differences, and values against numpy's. */
#include "cases.h"

static GenTensor *
positive (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Add", gen_unary (graph, "Exp", x, error), gen_graph_float (graph, 0.5f), error);
}

static GenTensor *
build_log (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "Log", positive (graph, x[0], error), error);
}

static GenTensor *
build_sqrt (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "Sqrt", positive (graph, x[0], error), error);
}

static GenTensor *
build_div (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (graph, "Div", x[0], positive (graph, x[1], error), error);
}

static GenTensor *
build_pow (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (graph, "Pow", positive (graph, x[0], error), x[1], error);
}

static GenTensor *
build_square (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (graph, "Pow", x[0], gen_graph_float (graph, 2), error);
}

static GenTensor *
with_ints (
    GenGraph *graph, const char *op, GenTensor *x, const gint64 *values, int n, GError **error)
{
  return gen_binary (graph, op, x, gen_graph_ints (graph, values, n), error);
}

static GenTensor *
build_reduce_sum_leading (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "ReduceSum", x[0], (gint64[]){ 0 }, 1, error);
}

static GenTensor *
build_reduce_sum_middle (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "ReduceSum", x[0], (gint64[]){ 1, -1 }, 2, error);
}

static GenTensor *
build_reduce_mean (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ReduceMean", x, 1, 1, error, "axes", GEN_INTS, 2, (gint64[]){ 0, 2 },
      "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
build_reshape (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Reshape", x[0], (gint64[]){ 2, -1 }, 2, error);
}

static GenTensor *
build_squeeze (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Squeeze", x[0], (gint64[]){ 1 }, 1, error);
}

static GenTensor *
build_unsqueeze (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Unsqueeze", x[0], (gint64[]){ 0, -1 }, 2, error);
}

static GenTensor *
build_transpose (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (
      graph, "Transpose", x, 1, 1, error, "perm", GEN_INTS, 3, (gint64[]){ 1, 2, 0 }, NULL);
}

static GenTensor *
build_expand (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Expand", x[0], (gint64[]){ 2, 3, 4 }, 3, error);
}

static GenTensor *
build_dropout (GenGraph *graph, GenTensor *const *x, GError **error)
{
  guint8 training = TRUE;
  GenTensor *mode = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new (&training, 1));

  return gen_graph_op (graph, "Dropout",
      (GenTensor *[]){ x[0], gen_graph_float (graph, 0.4), mode }, 3, 1, error, NULL);
}

static GenTensor *
build_cast (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *wide =
      gen_graph_op (graph, "Cast", x, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT64, NULL);

  return wide == NULL ? NULL
                      : gen_graph_op (graph, "Cast", &wide, 1, 1, error, "to", GEN_INT,
                            (int)GEN_TYPE_FLOAT32, NULL);
}

static GenTensor *
build_where (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *condition = gen_binary (graph, "Greater", x[2], gen_graph_float (graph, 0), error);

  return condition == NULL ? NULL
                           : gen_graph_op (graph, "Where", (GenTensor *[]){ condition, x[0], x[1] },
                                 3, 1, error, NULL);
}

static GenTensor *
build_gemm (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (
      graph, "Gemm", x, 3, 1, error, "transA", GEN_INT, 1, "alpha", GEN_FLOAT, 0.5, NULL);
}

static GenTensor *
build_prelu (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "PRelu", x, 2, 1, error, NULL);
}

static GenTensor *
build_clip (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ x[0], gen_graph_float (graph, -0.5f), gen_graph_float (graph, 0.7f) }, 3, 1,
      error, NULL);
}

static GenTensor *
build_softmax_axis (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Softmax", x, 1, 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
build_concat (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Concat", x, 3, 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
build_slice (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 1, -1 }, 2),
          gen_graph_ints (graph, (gint64[]){ 100, -100 }, 2),
          gen_graph_ints (graph, (gint64[]){ 0, 2 }, 2),
          gen_graph_ints (graph, (gint64[]){ 1, -2 }, 2) },
      5, 1, error, NULL);
}

static GenTensor *
build_split (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *first = gen_graph_op (graph, "Split",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 1, 3 }, 2) }, 2, 2, error, "axis",
      GEN_INT, 1, NULL);

  return first != NULL ? gen_unary (graph, "Exp", gen_node_output (first->producer, 1), error)
                       : NULL;
}

static GenTensor *
build_gather (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Gather",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 2, 0, -1, 2 }, 4) }, 2, 1, error,
      "axis", GEN_INT, 1, NULL);
}

static GenTensor *
build_pad (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Pad", x[0], (gint64[]){ 1, -1, 0, 2 }, 4, error);
}

static GenTensor *
build_pad_reflect (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Pad",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 1, 2, 2, 0 }, 4) }, 2, 1, error,
      "mode", GEN_STRING, "reflect", NULL);
}

static GenTensor *
build_reciprocal (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "Reciprocal", positive (graph, x[0], error), error);
}

static GenTensor *
build_reduce_log_sum (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "ReduceLogSum", positive (graph, x[0], error), error);
}

static GenTensor *
build_reduce_prod (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ReduceProd", x, 1, 1, error, "axes", GEN_INTS, 1, (gint64[]){ 1 },
      "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
build_reduce_max (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ReduceMax", x, 1, 1, error, "axes", GEN_INTS, 1, (gint64[]){ 1 },
      "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
build_tile (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return with_ints (graph, "Tile", x[0], (gint64[]){ 2, 1, 3 }, 3, error);
}

static const Case cases[] = {
  { "Add", { { 2, { 3, 4 } }, { 1, { 4 } } } },
  { "Sub", { { 2, { 3, 4 } }, { 2, { 3, 1 } } } },
  { "Mul", { { 2, { 3, 4 } }, { 3, { 2, 1, 4 } } } },
  { "Div", { { 2, { 3, 4 } }, { 1, { 4 } } }, .build = build_div },
  { "Neg", { { 2, { 3, 4 } } } },
  { "Exp", { { 2, { 3, 4 } } } },
  { "Log", { { 2, { 3, 4 } } }, .build = build_log },
  { "Sqrt", { { 2, { 3, 4 } } }, .build = build_sqrt },
  { "Pow", { { 2, { 3, 4 } }, { 1, { 1 } } }, .build = build_pow },
  { "Pow (2)", { { 2, { 3, 4 } } }, .build = build_square },
  { "Relu", { { 2, { 3, 4 } } } },
  { "LeakyRelu", { { 2, { 3, 4 } } }, "alpha", 0.2 },
  { "LeakyRelu", { { 2, { 3, 4 } } }, "alpha", -0.2 },
  { "Sigmoid", { { 2, { 3, 4 } } } },
  { "Tanh", { { 2, { 3, 4 } } } },
  { "Softplus", { { 2, { 3, 4 } } } },
  { "ReduceSum", { { 3, { 3, 4, 5 } } } },
  { "ReduceSum (leading)", { { 3, { 3, 4, 5 } } }, .build = build_reduce_sum_leading },
  { "ReduceSum (middle)", { { 4, { 2, 3, 2, 3 } } }, .build = build_reduce_sum_middle },
  { "ReduceMean", { { 4, { 2, 3, 4, 2 } } }, .build = build_reduce_mean },
  { "Gemm", { { 2, { 5, 3 } }, { 2, { 5, 4 } }, { 1, { 4 } } }, .build = build_gemm },
  { "MatMul", { { 2, { 3, 5 } }, { 2, { 5, 4 } } } },
  { "MatMul", { { 3, { 2, 3, 5 } }, { 2, { 5, 4 } } } },
  { "MatMul", { { 4, { 2, 1, 3, 5 } }, { 3, { 3, 5, 4 } } } },
  { "MatMul", { { 1, { 5 } }, { 3, { 3, 5, 4 } } } },
  { "MatMul", { { 3, { 3, 4, 5 } }, { 1, { 5 } } } },
  { "MatMul", { { 1, { 5 } }, { 1, { 5 } } } },
  { "Reshape", { { 3, { 2, 3, 4 } } }, .build = build_reshape },
  { "Flatten", { { 3, { 2, 3, 4 } } } },
  { "Squeeze", { { 3, { 2, 1, 4 } } }, .build = build_squeeze },
  { "Unsqueeze", { { 2, { 2, 4 } } }, .build = build_unsqueeze },
  { "Identity", { { 2, { 2, 4 } } } },
  { "Transpose", { { 3, { 2, 3, 4 } } }, .build = build_transpose },
  { "Expand", { { 2, { 3, 1 } } }, .build = build_expand },
  { "Dropout", { { 2, { 5, 6 } } }, .build = build_dropout },
  { "Cast", { { 2, { 2, 4 } } }, .build = build_cast },
  { "Where", { { 2, { 3, 4 } }, { 1, { 4 } }, { 2, { 3, 1 } } }, .build = build_where },
  { "Tile", { { 3, { 2, 3, 2 } } }, .build = build_tile },
  { "PRelu", { { 3, { 2, 3, 4 } }, { 2, { 3, 1 } } }, .build = build_prelu },
  { "Clip", { { 2, { 3, 4 } } }, .build = build_clip },
  { "Softmax", { { 2, { 3, 4 } } } },
  { "Softmax (axis 1)", { { 3, { 2, 3, 4 } } }, .build = build_softmax_axis },
  { "LogSoftmax", { { 2, { 3, 4 } } } },
  { "Concat", { { 2, { 2, 3 } }, { 2, { 2, 1 } }, { 2, { 2, 2 } } }, .build = build_concat },
  { "Slice", { { 3, { 3, 2, 5 } } }, .build = build_slice },
  { "Split", { { 2, { 3, 4 } } }, .build = build_split },
  { "Gather", { { 3, { 2, 3, 4 } } }, .build = build_gather },
  { "Pad", { { 2, { 3, 4 } } }, .build = build_pad },
  { "Pad (reflect)", { { 2, { 3, 4 } } }, .build = build_pad_reflect },
  { "Abs", { { 2, { 3, 4 } } } },
  { "Reciprocal", { { 2, { 3, 4 } } }, .build = build_reciprocal },
  { "Erf", { { 2, { 3, 4 } } } },
  { "Sin", { { 2, { 3, 4 } } } },
  { "Cos", { { 2, { 3, 4 } } } },
  { "Softsign", { { 2, { 3, 4 } } } },
  { "Elu", { { 2, { 3, 4 } } }, "alpha", 0.7 },
  { "Selu", { { 2, { 3, 4 } } } },
  { "HardSigmoid", { { 2, { 3, 4 } } } },
  { "HardSwish", { { 2, { 3, 4 } } } },
  { "Sum", { { 2, { 3, 4 } }, { 1, { 4 } }, { 2, { 3, 1 } } } },
  { "Mean", { { 2, { 3, 4 } }, { 1, { 4 } }, { 2, { 3, 1 } } } },
  { "Max", { { 2, { 3, 4 } }, { 1, { 4 } }, { 2, { 3, 1 } } } },
  { "Min", { { 2, { 3, 4 } }, { 1, { 4 } } } },
  { "ReduceMax", { { 2, { 3, 4 } } }, .build = build_reduce_max },
  { "ReduceMin", { { 2, { 3, 4 } } } },
  { "ReduceProd", { { 2, { 3, 3 } } }, .build = build_reduce_prod },
  { "ReduceL1", { { 2, { 3, 4 } } } },
  { "ReduceL2", { { 2, { 3, 4 } } } },
  { "ReduceSumSquare", { { 2, { 3, 4 } } } },
  { "ReduceLogSum", { { 2, { 3, 4 } } }, .build = build_reduce_log_sum },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("operators", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
