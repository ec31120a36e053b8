/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gelu and its kin of the domain com.microsoft, as ONNX Runtime writes them into models that it has
 * optimised: a bias, then a function. */
#include "microsoft.h"

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
GEN_MICROSOFT_OPERATOR (microsoft_quick_gelu, "QuickGelu", 1, 1, 1,
    "x times the logistic function of alpha x", lower_quick)
