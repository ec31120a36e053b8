/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FusedConv, FusedGemm, FusedMatMul and their kin of the domain com.microsoft. Activations become
 * nodes of their own, which the passes fuse again. */
#include "../microsoft.h"

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

/* What the node's activation makes of `y`. */
static GenTensor *
activate (GenNode *node, GenTensor *y, GError **error)
{
  static const char *const names[] = { "activation_alpha", "activation_beta", "activation_gamma" };
  float parameters[G_N_ELEMENTS (names)];
  int n = 0;

  while (n < (int)G_N_ELEMENTS (names) && gen_node_attribute (node, names[n]) != NULL) {
    parameters[n] = gen_node_float (node, names[n], 0);
    n++;
  }
  return gen_microsoft_activation (
      node, y, gen_node_string (node, "activation", ""), parameters, n, error);
}

static gboolean
lower_gemm (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[] = { gen_node_input (node, 0), gen_node_input (node, 1),
    gen_node_input (node, 2) };
  GenTensor *y =
      gen_build_like (node->graph, "Gemm", inputs, inputs[2] != NULL ? 3 : 2, node, error);

  results[0] = activate (node, y, error);
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

static GenTensor *
multiply (GenNode *node, GError **error)
{
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  gboolean trans_a = gen_node_int (node, "transA", 0) != 0;
  gboolean trans_b = gen_node_int (node, "transB", 0) != 0;
  double alpha = gen_node_float (node, "alpha", 1);

  if (a->shape.rank == 2 && b->shape.rank == 2)
    return gen_graph_op (node->graph, "Gemm", (GenTensor *[]){ a, b }, 2, 1, error, "transA",
        GEN_INT, trans_a, "transB", GEN_INT, trans_b, "alpha", GEN_FLOAT, alpha, NULL);
  a = operand (node->graph, a, gen_node_int (node, "transBatchA", 0) != 0, trans_a, error);
  b = operand (node->graph, b, gen_node_int (node, "transBatchB", 0) != 0, trans_b, error);
  return gen_build_times (
      node->graph, gen_binary (node->graph, "MatMul", a, b, error), alpha, error);
}

static gboolean
lower_matmul (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = multiply (node, error);
  return results[0] != NULL;
}

static gboolean
lower_matmul_activation (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = activate (node, multiply (node, error), error);
  return results[0] != NULL;
}

/* (x, w[, bias]) */
static gboolean
lower_gemm_gelu (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *y =
      gen_binary (graph, "MatMul", gen_node_input (node, 0), gen_node_input (node, 1), error);

  if (gen_node_input (node, 2) != NULL)
    y = gen_binary (graph, "Add", y, gen_node_input (node, 2), error);
  if (y == NULL)
    return FALSE;
  results[0] =
      gen_graph_op (graph, "Gelu", &y, 1, 1, error, "approximate", GEN_STRING, "tanh", NULL);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (
    microsoft_fused_conv, "FusedConv", 2, 4, 1, "Convolution, sum and activation", lower_conv)
GEN_MICROSOFT_OPERATOR (
    microsoft_fused_gemm, "FusedGemm", 2, 3, 1, "Dense layer and activation", lower_gemm)
GEN_MICROSOFT_OPERATOR (microsoft_fused_matmul, "FusedMatMul", 2, 2, 1,
    "Scaled product of transposed matrices", lower_matmul)
GEN_MICROSOFT_OPERATOR (microsoft_transpose_matmul, "TransposeMatMul", 2, 2, 1,
    "FusedMatMul by its older name", lower_matmul)
GEN_MICROSOFT_OPERATOR (microsoft_fused_matmul_activation, "FusedMatMulActivation", 2, 2, 1,
    "Scaled product of transposed matrices, and activation", lower_matmul_activation)
GEN_MICROSOFT_OPERATOR (microsoft_gemm_fast_gelu, "GemmFastGelu", 2, 3, 1,
    "Product of matrices, and Gelu by tanh of a sum with a bias", lower_gemm_gelu)
