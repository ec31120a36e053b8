/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gelu and its kin of the domain com.microsoft, as ONNX Runtime writes them into models that it has
 * optimised: a bias, then a function. */
#include "../microsoft.h"

GenTensor *
gen_microsoft_activation (
    GenNode *node, GenTensor *x, const char *name, const float *p, int n, GError **error)
{
  GenGraph *graph = node->graph;
  /* The values that hold where parameters are left out. */
  float alpha = n > 0 ? p[0] : 0.01f, beta = n > 1 ? p[1] : 0.5f;

  if (x == NULL || *name == '\0')
    return x;
  if (strcmp (name, "Relu") == 0 || strcmp (name, "Sigmoid") == 0 || strcmp (name, "Tanh") == 0 ||
      strcmp (name, "Softplus") == 0 || strcmp (name, "Softsign") == 0)
    return gen_unary (graph, name, x, error);
  if (strcmp (name, "LeakyRelu") == 0)
    return gen_graph_op (graph, name, &x, 1, 1, error, "alpha", GEN_FLOAT, (double)alpha, NULL);
  if (strcmp (name, "Elu") == 0)
    return gen_graph_op (
        graph, name, &x, 1, 1, error, "alpha", GEN_FLOAT, n > 0 ? (double)alpha : 1.0, NULL);
  if (strcmp (name, "HardSigmoid") == 0)
    return gen_graph_op (graph, name, &x, 1, 1, error, "alpha", GEN_FLOAT,
        n > 0 ? (double)alpha : 0.2, "beta", GEN_FLOAT, (double)beta, NULL);
  if (strcmp (name, "Clip") == 0 && n == 2)
    return gen_graph_op (graph, name,
        (GenTensor *[]){ x, gen_graph_float (graph, alpha), gen_graph_float (graph, beta) }, 3, 1,
        error, NULL);
  gen_node_error (node, error, "its activation '%s' is not supported", name);
  return NULL;
}

static GenTensor *
gelu (GenNode *node, GenTensor *x, gboolean by_tanh, GError **error)
{
  GenTensor *bias = gen_node_input (node, 1);

  if (bias != NULL)
    x = gen_binary (node->graph, "Add", x, bias, error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (node->graph, "Gelu", &x, 1, 1, error, "approximate", GEN_STRING,
      by_tanh ? "tanh" : "none", NULL);
}

static gboolean
lower_exact (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = gelu (node, gen_node_input (node, 0), FALSE, error);
  return results[0] != NULL;
}

static gboolean
lower_fast (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = gelu (node, gen_node_input (node, 0), TRUE, error);
  return results[0] != NULL;
}

/* (x, bias): the first half of the sum times Gelu of the second. */
static gboolean
lower_split (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *sum =
      gen_binary (graph, "Add", gen_node_input (node, 0), gen_node_input (node, 1), error);
  GenTensor *half;

  if (sum == NULL)
    return FALSE;
  sum = gen_graph_op (graph, "Split", &sum, 1, 2, error, "axis", GEN_INT, -1, NULL);
  if (sum == NULL)
    return FALSE;
  half = gen_node_output (sum->producer, 1);
  half = gen_graph_op (graph, "Gelu", &half, 1, 1, error, NULL);
  results[0] = gen_binary (graph, "Mul", sum, half, error);
  return results[0] != NULL;
}

/* (x, bias, skip) */
static gboolean
lower_bias_add (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *sum =
      gen_binary (node->graph, "Add", gen_node_input (node, 0), gen_node_input (node, 1), error);

  results[0] = gen_binary (node->graph, "Add", sum, gen_node_input (node, 2), error);
  return results[0] != NULL;
}

/* (x, bias): over all dimensions from `axis` on as one. */
static gboolean
lower_bias_softmax (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenShape shape = gen_node_input (node, 0)->shape;
  int axis = gen_axis (gen_node_int (node, "axis", 1), shape.rank);
  GenTensor *sum;

  if (axis < 0)
    return gen_node_error (node, error, "its axis is none of its input's");
  sum = gen_binary (graph, "Add", gen_node_input (node, 0), gen_node_input (node, 1), error);
  sum = gen_build_reshape (graph, sum,
      &GEN_SHAPE (
          gen_shape_product (&shape, 0, axis), gen_shape_product (&shape, axis, shape.rank)),
      error);
  if (sum == NULL)
    return FALSE;
  sum = gen_graph_op (graph, "Softmax", &sum, 1, 1, error, "axis", GEN_INT, 1, NULL);
  results[0] = gen_build_reshape (graph, sum, &shape, error);
  return results[0] != NULL;
}

/* x sigmoid (alpha x) */
static gboolean
lower_quick (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0), *gate;

  gate = gen_build_times (node->graph, x, gen_node_float (node, "alpha", 1.702f), error);
  results[0] =
      gen_binary (node->graph, "Mul", x, gen_unary (node->graph, "Sigmoid", gate, error), error);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (
    microsoft_gelu, "Gelu", 1, 1, 1, "x times the normal distribution function of x", lower_exact)
GEN_MICROSOFT_OPERATOR (
    microsoft_bias_gelu, "BiasGelu", 2, 2, 1, "Gelu of a sum with a bias", lower_exact)
GEN_MICROSOFT_OPERATOR (
    microsoft_fast_gelu, "FastGelu", 1, 2, 1, "Gelu by tanh, of a sum with a bias", lower_fast)
GEN_MICROSOFT_OPERATOR (microsoft_bias_split_gelu, "BiasSplitGelu", 2, 2, 1,
    "One half of a sum with a bias times Gelu of the other", lower_split)
GEN_MICROSOFT_OPERATOR (
    microsoft_bias_add, "BiasAdd", 3, 3, 1, "Sum with a bias and a tensor", lower_bias_add)
GEN_MICROSOFT_OPERATOR (
    microsoft_bias_softmax, "BiasSoftmax", 2, 2, 1, "Softmax of a sum", lower_bias_softmax)
GEN_MICROSOFT_OPERATOR (microsoft_quick_gelu, "QuickGelu", 1, 1, 1,
    "x times the logistic function of alpha x", lower_quick)
