/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ArgMin: where the smallest element along an axis is. */
#include "argument.h"

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_argument_cpu (kernel, FALSE, error);
}

const GenOperator gen_operator_argmin = {
  .name = "ArgMin",
  .summary = "Where the smallest element along an axis is",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = gen_argument_infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
