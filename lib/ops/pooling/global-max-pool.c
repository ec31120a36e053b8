/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GlobalMaxPool: the largest value of each channel. */
#include "pool.h"
#include "../reduction/reduce.h"

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gboolean reduced[GEN_MAX_RANK];

  for (int i = 0; i < GEN_MAX_RANK; i++)
    reduced[i] = i >= 2;
  return gen_reduce_cpu_over (kernel, &gen_max_reducers, reduced, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_pool_gradient (g, "MaxPoolGradient", error);
}

const GenOperator gen_operator_global_max_pool = {
  .name = "GlobalMaxPool",
  .summary = "The largest value of each channel",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = gen_pool_infer,
  .cpu = cpu,
  .gradient = gradient,
};
