/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KeepState (old, x, factor…): x, or what was there before where one of the factors, which come
 * from LossScale, says that the step is left out. */
#include <string.h>

#include "update.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *old = gen_node_input (node, 0), *x = gen_node_input (node, 1);

  if (old->type != GEN_TYPE_FLOAT32 || x->type != GEN_TYPE_FLOAT32 ||
      !gen_shape_equal (&old->shape, &x->shape))
    return gen_node_error (node, error, "inputs 0 and 1 must be float32 and of one shape");
  for (guint i = 2; i < node->inputs->len; i++)
    if (!gen_update_is_factor (gen_node_input (node, i)))
      return gen_node_error (node, error, "input %u must be one float32", i);
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const float *from = kernel->inputs[1];
  float *out = kernel->outputs[0];
  gsize at, end;

  for (guint i = 2; i < kernel->node->inputs->len; i++)
    if (*(const float *)kernel->inputs[i] == 0)
      from = kernel->inputs[0];
  gen_update_share (kernel, part, parts, &at, &end);
  if (from != out)
    memcpy (out + at, from + at, (end - at) * sizeof *out);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_update_cpu (kernel, run, 0.5, error);
}

const GenOperator gen_operator_keep_state = {
  .name = "KeepState",
  .domain = "generative",
  .summary = "The new value of a state, or its old one where a step is left out",
  .min_inputs = 3,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
