/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DynamicQuantizeLinear: to uint8, by the scale and zero point that its own range asks for; zero
 * itself is always exact. */
#include "qlinear.h"

static GenTensor *
extreme (GenGraph *graph, const char *reduce, const char *with_zero, GenTensor *x, GError **error)
{
  GenTensor *found = gen_graph_op (graph, reduce, &x, 1, 1, error, "keepdims", GEN_INT, 0, NULL);

  return gen_binary (graph, with_zero, found, gen_graph_float (graph, 0), error);
}

gboolean
gen_qlinear_dynamic (GenNode *node, GenTensor *x, GenTensor *results[3], GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *low, *high, *scale, *zero, *none;
  const guint8 nothing = 0;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (gen_shape_elements (&x->shape) == 0)
    return gen_node_error (node, error, "an empty tensor has no range");
  low = extreme (graph, "ReduceMin", "Min", x, error);
  high = extreme (graph, "ReduceMax", "Max", x, error);
  scale = gen_binary (graph, "Div", gen_binary (graph, "Sub", high, low, error),
      gen_graph_float (graph, 255), error);
  /* Where all is zero, any scale is right but 0. */
  none = gen_binary (graph, "Equal", scale, gen_graph_float (graph, 0), error);
  if (none == NULL)
    return FALSE;
  scale = gen_graph_op (graph, "Where", (GenTensor *[]){ none, gen_graph_float (graph, 1), scale },
      3, 1, error, NULL);
  zero = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_UINT8, &GEN_SHAPE_SCALAR, g_bytes_new (&nothing, 1));
  low = gen_unary (graph, "Neg", low, error);
  if (scale == NULL || low == NULL)
    return FALSE;
  zero = gen_graph_op (
      graph, "QuantizeLinear", (GenTensor *[]){ low, scale, zero }, 3, 1, error, NULL);
  if (zero == NULL)
    return FALSE;
  results[0] =
      gen_graph_op (graph, "QuantizeLinear", (GenTensor *[]){ x, scale, zero }, 3, 1, error, NULL);
  results[1] = scale;
  results[2] = zero;
  return results[0] != NULL;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  return gen_qlinear_dynamic (node, gen_node_input (node, 0), results, error);
}

const GenOperator gen_operator_dynamic_quantize_linear = {
  .name = "DynamicQuantizeLinear",
  .summary = "Numbers as uint8, by the scale that their own range asks for",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 3,
  .max_outputs = 3,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
