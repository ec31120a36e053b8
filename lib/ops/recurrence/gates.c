/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The activations of recurrent cells: a row function for the kernel, and nodes for gradients. */
#include "gates.h"

#include "../../simd.h"
#include "../elementwise/mathematics.h"

#define GATE_ROW(name, expression)                                                                 \
  GEN_CLONES (                                                                                     \
      void, name##_row, (float *row, gsize n, float alpha, float beta), (row, n, alpha, beta))     \
  {                                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const float x = row[i];                                                                      \
      row[i] = (expression);                                                                       \
    }                                                                                              \
  }

GATE_ROW (sigmoid, gen_sigmoid (x))
GATE_ROW (tanh, gen_tanh (x))
GATE_ROW (relu, x < 0 ? 0 : x)
GATE_ROW (affine, alpha *x + beta)
GATE_ROW (leaky_relu, x < 0 ? alpha * x : x)
GATE_ROW (thresholded_relu, x > alpha ? x : 0)
GATE_ROW (scaled_tanh, alpha *gen_tanh (beta *x))
GATE_ROW (hard_sigmoid, MIN (MAX (alpha *x + beta, 0), 1))
GATE_ROW (elu, x < 0 ? alpha * (gen_exp (x) - 1) : x)
GATE_ROW (softsign, x / (1 + (x < 0 ? -x : x)))
GATE_ROW (softplus, (x > 0 ? x : 0) + gen_log (1 + gen_exp (x < 0 ? x : -x)))

static GenTensor *
scale (GenGraph *graph, GenTensor *x, float factor, GError **error)
{
  return x == NULL || factor == 1
             ? x
             : gen_binary (graph, "Mul", x, gen_graph_float (graph, factor), error);
}

#define GATE_NODE(name, op)                                                                        \
  static GenTensor *name##_node (                                                                  \
      GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)                      \
  {                                                                                                \
    return gen_unary (graph, op, x, error);                                                        \
  }

GATE_NODE (sigmoid, "Sigmoid")
GATE_NODE (tanh, "Tanh")
GATE_NODE (relu, "Relu")
GATE_NODE (softsign, "Softsign")
GATE_NODE (softplus, "Softplus")

static GenTensor *
affine_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  return gen_binary (
      graph, "Add", scale (graph, x, alpha, error), gen_graph_float (graph, beta), error);
}

static GenTensor *
leaky_relu_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  return x == NULL
             ? NULL
             : gen_graph_op (graph, "LeakyRelu", &x, 1, 1, error, "alpha", GEN_FLOAT, alpha, NULL);
}

static GenTensor *
scaled_tanh_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  return scale (
      graph, gen_unary (graph, "Tanh", scale (graph, x, beta, error), error), alpha, error);
}

static GenTensor *
hard_sigmoid_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "HardSigmoid", &x, 1, 1, error, "alpha", GEN_FLOAT, alpha,
                         "beta", GEN_FLOAT, beta, NULL);
}

static GenTensor *
elu_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "Elu", &x, 1, 1, error, "alpha", GEN_FLOAT, alpha, NULL);
}

/* x where it exceeds alpha. */
static GenTensor *
thresholded_relu_node (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error)
{
  GenTensor *above = gen_binary (graph, "Greater", x, gen_graph_float (graph, alpha), error);

  if (above == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Where", (GenTensor *[]){ above, x, gen_graph_float (graph, 0) }, 3, 1, error, NULL);
}

const GenGate *
gen_gate_find (const char *name)
{
  static const GenGate gates[] = {
    { "Sigmoid", 0, 0, 0, sigmoid_row, sigmoid_node },
    { "Tanh", 0, 0, 0, tanh_row, tanh_node },
    { "Relu", 0, 0, 0, relu_row, relu_node },
    { "Affine", 1, 0, 2, affine_row, affine_node },
    { "LeakyRelu", 0.01f, 0, 1, leaky_relu_row, leaky_relu_node },
    { "ThresholdedRelu", 1, 0, 1, thresholded_relu_row, thresholded_relu_node },
    { "ScaledTanh", 1, 1, 2, scaled_tanh_row, scaled_tanh_node },
    { "HardSigmoid", 0.2f, 0.5f, 2, hard_sigmoid_row, hard_sigmoid_node },
    { "Elu", 1, 0, 1, elu_row, elu_node },
    { "Softsign", 0, 0, 0, softsign_row, softsign_node },
    { "Softplus", 0, 0, 0, softplus_row, softplus_node },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (gates); i++)
    if (g_ascii_strcasecmp (gates[i].name, name) == 0)
      return &gates[i];
  return NULL;
}
