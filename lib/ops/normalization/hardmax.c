/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hardmax: 1 where the first of the largest elements along an axis is, 0 elsewhere. Up to opset 12
 * it is over all dimensions from `axis` on (by default 1) as one. */
#include <generative/operator.h>

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *place, *values;
  gboolean old = node->opset < 13;
  int rank = x->shape.rank, axis = gen_axis (gen_node_int (node, "axis", old ? 1 : -1), rank);
  GenShape shape = x->shape;
  gint64 depth;

  if (axis < 0) {
    gen_node_error (node, error, "its axis is not one of %d", rank);
    return NULL;
  }
  if (old) {
    shape = GEN_SHAPE (
        gen_shape_product (&x->shape, 0, axis), gen_shape_product (&x->shape, axis, rank));
    x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape.dims, 2), error);
    axis = 1;
  }
  depth = shape.dims[axis];
  values = gen_graph_ints (graph, (gint64[]){ 0, 1 }, 2);
  values = gen_graph_op (graph, "Cast", &values, 1, 1, error, "to", GEN_INT,
      (int)gen_node_input (node, 0)->type, NULL);
  if (x == NULL || values == NULL)
    return NULL;
  place = gen_graph_op (
      graph, "ArgMax", &x, 1, 1, error, "axis", GEN_INT, axis, "keepdims", GEN_INT, 0, NULL);
  if (place == NULL)
    return NULL;
  x = gen_graph_op (graph, "OneHot",
      (GenTensor *[]){ place, gen_graph_ints (graph, &depth, 1), values }, 3, 1, error, "axis",
      GEN_INT, axis, NULL);
  return !old ? x
              : gen_binary (graph, "Reshape", x,
                    gen_graph_ints (graph, gen_node_input (node, 0)->shape.dims, rank), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_hardmax = {
  .name = "Hardmax",
  .summary = "1 at the largest element along an axis, 0 elsewhere",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
