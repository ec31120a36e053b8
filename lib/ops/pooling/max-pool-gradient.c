/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxPoolGradient (x, dy): gradient of MaxPool, to the first of the largest values. */
#include "pool.h"

const GenOperator gen_operator_max_pool_gradient = {
  .name = "MaxPoolGradient",
  .domain = "generative",
  .summary = "Gradient of MaxPool, to the first of the largest values",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .layout_inputs = 1u << 1,
  .widens = 0x3,
  .infer = gen_pool_gradient_infer,
  .cpu = gen_pool_gradient_cpu_max,
};
