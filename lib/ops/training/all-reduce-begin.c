/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AllReduceBegin (x): the place for the sum of x over all members, which comes while other nodes
 * run. */
#include "all-reduce.h"

static void
run (const GenKernel *kernel, int part, int parts)
{
  gen_all_reduce_begin (kernel);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_all_reduce_begin = {
  .name = "AllReduceBegin",
  .domain = "generative",
  .summary = "Begins the sum of a tensor over all members of a training",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .random = TRUE,
  .infer = gen_all_reduce_infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
