/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CausalConvWithState: a convolution of each channel by itself that sees what came before, whose
 * last positions are handed on from run to run: a convolution of both in a row. */
#include <string.h>

#include "../build.h"

enum { X, WEIGHT, BIAS, PAST };

/* What came before and the operand, one behind the other. */
static GenTensor *
join_past (GenNode *node, gint64 before, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, X), *past = gen_node_input (node, PAST);
  GenShape shape = x->shape;

  if (before == 0)
    return x;
  shape.dims[2] = before;
  if (past == NULL)
    past = gen_build_cast (graph, gen_graph_full (graph, &shape, 0), x->type, error);
  if (past == NULL)
    return NULL;
  if (past->type != x->type || !gen_shape_equal (&past->shape, &shape)) {
    gen_node_error (node, error,
        "its past_state should be like the operand, of as many positions as its weights have but "
        "one");
    return NULL;
  }
  return gen_graph_op (
      graph, "Concat", (GenTensor *[]){ past, x }, 2, 1, error, "axis", GEN_INT, 2, NULL);
}

static GenTensor *
convolve (GenNode *node, GenTensor *x, GError **error)
{
  const char *activation = gen_node_string (node, "activation", "none");
  gboolean swish = strcmp (activation, "silu") == 0 || strcmp (activation, "swish") == 0;
  GenTensor *y;

  if (!swish && strcmp (activation, "none") != 0) {
    gen_node_error (node, error, "activation '%s' is not silu, swish or none", activation);
    return NULL;
  }
  y = gen_graph_op (node->graph, "Conv",
      (GenTensor *[]){ x, gen_node_input (node, WEIGHT), gen_node_input (node, BIAS) },
      gen_node_input (node, BIAS) != NULL ? 3 : 2, 1, error, "group", GEN_INT,
      (int)x->shape.dims[1], NULL);
  return swish ? gen_binary (
                     node->graph, "Mul", y, gen_unary (node->graph, "Sigmoid", y, error), error)
               : y;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  const GenShape *x = &gen_node_input (node, X)->shape;
  const GenShape *weight = &gen_node_input (node, WEIGHT)->shape;
  gint64 end = G_MAXINT64, axis = 2, first = x->rank == 3 ? x->dims[2] : 0;
  GenGraph *graph = node->graph;
  GenTensor *joined;

  if (x->rank != 3 || weight->rank != 3 || weight->dims[0] != x->dims[1] || weight->dims[1] != 1 ||
      weight->dims[2] < 1)
    return gen_node_error (
        node, error, "it takes [batch, channels, length] and weights of [channels, 1, positions]");
  joined = join_past (node, weight->dims[2] - 1, error);
  if (joined == NULL)
    return FALSE;
  results[0] = convolve (node, joined, error);
  results[1] = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ joined, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &end, 1),
          gen_graph_ints (graph, &axis, 1) },
      4, 1, error, NULL);
  return results[0] != NULL && results[1] != NULL;
}

const GenOperator gen_operator_causal_conv_with_state = {
  .name = "CausalConvWithState",
  .summary = "Each channel filtered by itself, going on from the run before",
  .since = 27,
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 2,
  .max_outputs = 2,
  .lower = lower,
};
