/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "code-shares.h"

/* Below the logarithm of a share that may be 0. */
#define LEAST_SHARE 1e-10f

GenTensor *
gen_code_marks (GenGraph *graph, GenTensor *codes, gint64 n, GError **error)
{
  static const float values[] = { 0, 1 };

  codes = gen_binary (graph, "Reshape", codes, gen_graph_ints (graph, (gint64[]){ -1 }, 1), error);
  if (codes == NULL)
    return NULL;
  return gen_graph_op (graph, "OneHot",
      (GenTensor *[]){ codes, gen_graph_ints (graph, &n, 1),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2),
              g_bytes_new_static (values, sizeof values)) },
      3, 1, error, NULL);
}

/* [n] */
static GenTensor *
find_shares (GenGraph *graph, GenTensor *codes, gint64 n, GError **error)
{
  GenTensor *marks = gen_code_marks (graph, codes, n, error);

  return marks == NULL ? NULL
                       : gen_graph_op (graph, "ReduceMean", &marks, 1, 1, error, "axes", GEN_INTS,
                             1, (gint64[]){ 0 }, "keepdims", GEN_INT, 0, NULL);
}

GenTensor *
gen_code_entropy (GenStep *step, GenTensor *codes, gint64 n, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *shares = find_shares (graph, codes, n, error), *logarithms, *sum;

  logarithms = gen_binary (graph, "Add", shares, gen_graph_float (graph, LEAST_SHARE), error);
  logarithms = gen_unary (graph, "Log", logarithms, error);
  shares = gen_binary (graph, "Mul", shares, logarithms, error);
  if (shares == NULL)
    return NULL;
  sum = gen_graph_op (graph, "ReduceSum", &shares, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_unary (graph, "Neg", sum, error);
}
