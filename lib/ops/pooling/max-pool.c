/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxPool: the largest value in each window. */
#include "pool.h"

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_pool_gradient (g, "MaxPoolGradient", error);
}

const GenOperator gen_operator_max_pool = {
  .name = "MaxPool",
  .summary = "The largest value in each window",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 2,
  .results = GEN_RESULTS_MOVED,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = gen_pool_infer,
  .cpu = gen_pool_cpu_max,
  .gradient = gradient,
};
