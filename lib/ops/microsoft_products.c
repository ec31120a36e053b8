/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FusedConv, FusedGemm and FusedMatMul of the domain com.microsoft. Activations become nodes of
 * their own, which the passes fuse again. */
#include "microsoft.h"

static gboolean
lower_conv (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[] = { gen_node_input (node, 0), gen_node_input (node, 1),
    gen_node_input (node, 2) };
  GenTensor *added = gen_node_input (node, 3), *y;
  int n;
  const float *parameters = gen_node_floats (node, "activation_params", &n);

  y = gen_build_like (node->graph, "Conv", inputs, inputs[2] != NULL ? 3 : 2, node, error);
  if (added != NULL)
    y = gen_binary (node->graph, "Add", y, added, error);
  results[0] = gen_microsoft_activation (
      node, y, gen_node_string (node, "activation", ""), parameters, n, error);
  return results[0] != NULL;
}

static gboolean
lower_gemm (GenNode *node, GenTensor **results, GError **error)
{
  static const char *const names[] = { "activation_alpha", "activation_beta", "activation_gamma" };
  GenTensor *inputs[] = { gen_node_input (node, 0), gen_node_input (node, 1),
    gen_node_input (node, 2) };
  float parameters[G_N_ELEMENTS (names)];
  GenTensor *y;
  int n = 0;

  while (n < (int)G_N_ELEMENTS (names) && gen_node_attribute (node, names[n]) != NULL) {
    parameters[n] = gen_node_float (node, names[n], 0);
    n++;
  }
  y = gen_build_like (node->graph, "Gemm", inputs, inputs[2] != NULL ? 3 : 2, node, error);
  results[0] = gen_microsoft_activation (
      node, y, gen_node_string (node, "activation", ""), parameters, n, error);
  return results[0] != NULL;
}

/* An operand of FusedMatMul as MatMul wants it: `batch` says that its first dimension stands before
 * the last one instead, `transpose` that the last two are exchanged. */
static GenTensor *
operand (GenGraph *graph, GenTensor *x, gboolean batch, gboolean transpose, GError **error)
{
  gint64 order[GEN_MAX_RANK];
  int rank = x->shape.rank;

  if (batch && rank > 2) {
    for (int i = 0; i < rank - 2; i++)
      order[i] = i + 1;
    order[rank - 2] = 0;
    order[rank - 1] = rank - 1;
    x = gen_build_transpose (graph, x, order, error);
  }
  return transpose ? gen_build_swap (graph, x, error) : x;
}

static gboolean
lower_matmul (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1), *y;
  gboolean trans_a = gen_node_int (node, "transA", 0) != 0;
  gboolean trans_b = gen_node_int (node, "transB", 0) != 0;
  double alpha = gen_node_float (node, "alpha", 1);

  if (a->shape.rank == 2 && b->shape.rank == 2) {
    results[0] = gen_graph_op (node->graph, "Gemm", (GenTensor *[]){ a, b }, 2, 1, error, "transA",
        GEN_INT, trans_a, "transB", GEN_INT, trans_b, "alpha", GEN_FLOAT, alpha, NULL);
    return results[0] != NULL;
  }
  a = operand (node->graph, a, gen_node_int (node, "transBatchA", 0) != 0, trans_a, error);
  b = operand (node->graph, b, gen_node_int (node, "transBatchB", 0) != 0, trans_b, error);
  y = gen_binary (node->graph, "MatMul", a, b, error);
  results[0] = gen_build_times (node->graph, y, alpha, error);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (
    microsoft_fused_conv, "FusedConv", 2, 4, 1, "Convolution, sum and activation", lower_conv)
GEN_MICROSOFT_OPERATOR (
    microsoft_fused_gemm, "FusedGemm", 2, 3, 1, "Dense layer and activation", lower_gemm)
GEN_MICROSOFT_OPERATOR (microsoft_fused_matmul, "FusedMatMul", 2, 2, 1,
    "Scaled product of transposed matrices", lower_matmul)
