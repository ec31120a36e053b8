/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the row function by the operand's type, and what gradients are made of. */
#include "unary.h"
#include "../../device/half.h"

gboolean
gen_unary_test_infer (GenNode *node, GError **error)
{
  gen_node_set_output (node, 0, GEN_TYPE_BOOL, &gen_node_input (node, 0)->shape);
  return TRUE;
}

gboolean
gen_unary_rows_cpu (GenKernel *kernel, const GenUnaryRows *rows, GError **error)
{
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  const GenUnaryRow by_type[] = {
    [GEN_TYPE_FLOAT32] = rows->float32,
    [GEN_TYPE_FLOAT64] = rows->float64,
    [GEN_TYPE_INT8] = rows->int8,
    [GEN_TYPE_INT16] = rows->int16,
    [GEN_TYPE_INT32] = rows->int32,
    [GEN_TYPE_INT64] = rows->int64,
    [GEN_TYPE_UINT8] = rows->uint8,
    [GEN_TYPE_UINT16] = rows->uint16,
    [GEN_TYPE_UINT32] = rows->uint32,
    [GEN_TYPE_UINT64] = rows->uint64,
    [GEN_TYPE_BOOL] = rows->boolean,
  };
  GenDataType computed = gen_type_computed (type);

  if (computed >= G_N_ELEMENTS (by_type) || by_type[computed] == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (type));
  /* A row of none reads the attributes, so that one of a wrong type is found now. */
  by_type[computed](kernel->node, NULL, NULL, 0);
  return gen_unary_cpu (kernel, by_type[computed], rows->cost, error);
}

gboolean
gen_gradient_times (GenGradient *g, GenTensor *factor, GError **error)
{
  g->inputs[0] = gen_binary (g->graph, "Mul", g->outputs[0], factor, error);
  return g->inputs[0] != NULL;
}

GenTensor *
gen_gradient_quadratic (GenGraph *graph, GenTensor *x, float a, float c, GError **error)
{
  GenTensor *square = gen_binary (graph, "Mul", x, x, error);

  if (a != 1)
    square = gen_binary (graph, "Mul", square, gen_graph_float (graph, a), error);
  return gen_binary (graph, "Add", square, gen_graph_float (graph, c), error);
}

GenTensor *
gen_gradient_choose (
    GenGraph *graph, GenTensor *condition, GenTensor *yes, GenTensor *no, GError **error)
{
  if (condition == NULL || yes == NULL || no == NULL)
    return NULL;
  return gen_graph_op (graph, "Where", (GenTensor *[]){ condition, yes, no }, 3, 1, error, NULL);
}
