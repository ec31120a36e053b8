/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AveragePool: the mean of each window. */
#include "pool.h"

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_pool_gradient (g, "AveragePoolGradient", error);
}

const GenOperator gen_operator_average_pool = {
  .name = "AveragePool",
  .summary = "The mean of each window",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_BETWEEN,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = gen_pool_infer,
  .cpu = gen_pool_cpu_average,
  .gradient = gradient,
};
