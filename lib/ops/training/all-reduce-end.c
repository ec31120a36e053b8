/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AllReduceEnd (begun, x): the sum that AllReduceBegin (x) has begun. The result takes its place.
 */
#include "all-reduce.h"

#include <string.h>

static void
run (const GenKernel *kernel, int part, int parts)
{
  const float *begun = kernel->inputs[0];

  gen_all_reduce_end (kernel, begun);
  if (kernel->outputs[0] != begun)
    memcpy (kernel->outputs[0], begun, gen_tensor_size (gen_node_output (kernel->node, 0)));
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_all_reduce_end = {
  .name = "AllReduceEnd",
  .domain = "generative",
  .summary = "Waits for the sum of a tensor over all members of a training",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .elementwise = TRUE,
  .random = TRUE,
  .infer = gen_all_reduce_infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
