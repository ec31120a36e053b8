/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AveragePoolGradient (x, dy): gradient of AveragePool, spread evenly over each window. */
#include "pool.h"

#include "../build.h"

/* Linear in dy, which is met by the mean of each window; nothing hangs on x. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[1])
    return TRUE;
  g->inputs[1] = gen_build_like (g->graph, "AveragePool", g->outputs, 1, g->node, error);
  return g->inputs[1] != NULL;
}

const GenOperator gen_operator_average_pool_gradient = {
  .name = "AveragePoolGradient",
  .domain = "generative",
  .summary = "Gradient of AveragePool, spread evenly over each window",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .layout_inputs = 1u << 1,
  .widens = 0x3,
  .infer = gen_pool_gradient_infer,
  .cpu = gen_pool_gradient_cpu_average,
  .gradient = gradient,
};
