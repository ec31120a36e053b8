/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MovingAverage (average, x, updates, factor): decay * average + (1 - decay) * x, the exponential
 * moving average of weights in training. With `updates` (int64), the number of those before this
 * one, the decay rises to its value; a factor of 0 leaves the average as it was. Both may be left
 * out. */
#include "moving-average.h"
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
  const GenTensor *updates = gen_node_input (node, GEN_AVERAGE_UPDATES);

  if (old->type != GEN_TYPE_FLOAT32 || x->type != GEN_TYPE_FLOAT32 ||
      !gen_shape_equal (&old->shape, &x->shape))
    return gen_node_error (node, error, "its inputs must be float32 and of one shape");
  if (updates != NULL &&
      (updates->type != GEN_TYPE_INT64 || gen_shape_elements (&updates->shape) != 1))
    return gen_node_error (node, error, "input 2, the number of updates, must be one int64");
  if (gen_update_factor (node) > 0 && !gen_update_is_factor (gen_node_input (node, 3)))
    return gen_node_error (node, error, "input 3, the factor, must be one float32");
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const float *old = kernel->inputs[0], *x = kernel->inputs[1];
  const float decay = gen_node_float (kernel->node, "decay", 0.999f);
  const gboolean counted = gen_node_input (kernel->node, GEN_AVERAGE_UPDATES) != NULL;
  const gint64 *updates = counted ? kernel->inputs[GEN_AVERAGE_UPDATES] : NULL;
  float *out = kernel->outputs[0];
  gsize at, end;

  gen_update_share (kernel, part, parts, &at, &end);
  if (gen_update_begin (kernel, at, end) == 0)
    return;
  average (gen_average_weight (decay, updates), old + at, x + at, out + at, end - at);
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
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
};
