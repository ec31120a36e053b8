/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relu: max(x, 0). Its gradient is taken from its result, so that x need not be kept. */
#include "broadcast.h"
#include "../simd.h"

GEN_CLONES static void
row_float (const GenNode *node, const void *px, void *pout, gsize n)
{
  const float *x = px;
  float *out = pout;

  for (gsize i = 0; i < n; i++)
    out[i] = x[i] < 0 ? 0 : x[i];
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenDataType type = gen_node_input (kernel->node, 0)->type;

  if (type != GEN_TYPE_FLOAT32)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (type));
  return gen_unary_cpu (kernel, row_float, 0.2, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] =
      gen_binary (g->graph, "ReluGradient", gen_node_output (g->node, 0), g->outputs[0], error);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_relu = {
  .name = "Relu",
  .summary = "Rectified linear unit: max(x, 0)",
  .since = 6,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .activation = GEN_ACTIVATION_RELU,
  .infer = gen_infer_same,
  .cpu = cpu,
  .gradient = gradient,
};
