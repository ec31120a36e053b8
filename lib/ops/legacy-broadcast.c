/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The binary operators as they were up to opset 6: b is broadcast to a only with the attribute
 * `broadcast`, its dimensions beginning at `axis`, or else ending where those of a end. They expand
 * to the operators of today. */
#include <generative/operator.h>

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  gint64 axis = gen_node_int (node, "axis", a->shape.rank - b->shape.rank);
  gint64 dims[GEN_MAX_RANK];

  if (gen_node_int (node, "broadcast", 0) != 0 && axis != a->shape.rank - b->shape.rank) {
    axis = gen_axis (axis, a->shape.rank);
    if (axis < 0 || axis + b->shape.rank > a->shape.rank) {
      gen_node_error (node, error, "its axis and its second input do not fit the first");
      return NULL;
    }
    for (int i = 0; i < a->shape.rank; i++)
      dims[i] = i >= axis && i < axis + b->shape.rank ? b->shape.dims[i - axis] : 1;
    b = gen_binary (
        node->graph, "Reshape", b, gen_graph_ints (node->graph, dims, a->shape.rank), error);
  }
  return gen_binary (node->graph, node->op->name, a, b, error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

#define LEGACY(id, name_)                                                                          \
  const GenOperator gen_operator_##id##_1 = {                                                      \
    .name = name_,                                                                                 \
    .summary = name_ " as it was up to opset 6",                                                   \
    .since = 1,                                                                                    \
    .until = 6,                                                                                    \
    .min_inputs = 2,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .lower = lower,                                                                                \
  };

LEGACY (add, "Add")
LEGACY (sub, "Sub")
LEGACY (mul, "Mul")
LEGACY (div, "Div")
LEGACY (pow, "Pow")
LEGACY (and, "And")
LEGACY (or, "Or")
LEGACY (xor, "Xor")
LEGACY (equal, "Equal")
LEGACY (greater, "Greater")
LEGACY (less, "Less")
