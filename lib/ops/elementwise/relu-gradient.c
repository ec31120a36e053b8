/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReluGradient (y, dy): dy where Relu's result y is positive, else 0. */
#include "../broadcast.h"
#include "../../simd.h"

GEN_CLONES (void, row,
    (const void *py, gint64 ys, const void *pdy, gint64 dys, void *pout, gsize n),
    (py, ys, pdy, dys, pout, n))
{
  const float *y = py, *dy = pdy;
  float *out = pout;

  for (gsize i = 0; i < n; i++)
    out[i] = y[(gint64)i * ys] > 0 ? dy[(gint64)i * dys] : 0;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_binary_cpu (kernel, row, 0.3, error);
}

/* Linear in dy; flat in y. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[1])
    return TRUE;
  g->inputs[1] =
      gen_binary (g->graph, "ReluGradient", gen_node_input (g->node, 0), g->outputs[0], error);
  return g->inputs[1] != NULL;
}

const GenOperator gen_operator_relu_gradient = {
  .name = "ReluGradient",
  .domain = "generative",
  .summary = "Gradient of Relu, from its result",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .infer = gen_infer_same,
  .cpu = cpu,
  .gradient = gradient,
};
