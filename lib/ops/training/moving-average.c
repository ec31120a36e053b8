/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MovingAverage (average, x, factor): decay * average + (1 - decay) * x, the exponential moving
 * average of weights in training. A factor of 0, which may be left out, leaves it as it was. */
#include "update.h"
#include "../../simd.h"

GEN_CLONES (void, average, (float weight, const float *old, const float *x, float *out, gsize n),
    (weight, old, x, out, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    out[i] = old[i] + weight * (x[i] - old[i]);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *old = gen_node_input (node, 0), *x = gen_node_input (node, 1);

  if (old->type != GEN_TYPE_FLOAT32 || x->type != GEN_TYPE_FLOAT32 ||
      !gen_shape_equal (&old->shape, &x->shape))
    return gen_node_error (node, error, "its inputs must be float32 and of one shape");
  if (gen_update_factor (node) > 0 && !gen_update_is_factor (gen_node_input (node, 2)))
    return gen_node_error (node, error, "input 2, the factor, must be one float32");
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const float *old = kernel->inputs[0], *x = kernel->inputs[1];
  float *out = kernel->outputs[0];
  gsize at, end;

  gen_update_share (kernel, part, parts, &at, &end);
  if (gen_update_begin (kernel, at, end) == 0)
    return;
  average (
      1 - gen_node_float (kernel->node, "decay", 0.999f), old + at, x + at, out + at, end - at);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_update_cpu (kernel, run, 0.6, error);
}

const GenOperator gen_operator_moving_average = {
  .name = "MovingAverage",
  .domain = "generative",
  .summary = "Exponential moving average of a tensor over the runs of a plan",
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
};
