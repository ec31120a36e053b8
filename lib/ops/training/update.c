/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the optimisers' operators share. */
#include "update.h"

#include <string.h>

gboolean
gen_update_is_factor (const GenTensor *tensor)
{
  return tensor->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&tensor->shape) == 1;
}

guint
gen_update_factor (const GenNode *node)
{
  guint last = node->op->max_inputs - 1;

  return gen_node_input (node, last) != NULL ? last : 0;
}

gboolean
gen_update_infer (GenNode *node, GError **error)
{
  const GenTensor *weights = gen_node_input (node, GEN_UPDATE_WEIGHTS);
  const GenTensor *rate = gen_node_input (node, GEN_UPDATE_RATE);
  const GenTensor *step = gen_node_input (node, GEN_UPDATE_STEP);
  guint factor = gen_update_factor (node);

  if (rate->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&rate->shape) != 1 ||
      step->type != GEN_TYPE_INT64 || gen_shape_elements (&step->shape) != 1)
    return gen_node_error (node, error, "rate must be one float32 and step one int64");
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (i == GEN_UPDATE_RATE || i == GEN_UPDATE_STEP)
      continue;
    if (factor > 0 && i == factor) {
      if (!gen_update_is_factor (input))
        return gen_node_error (node, error, "input %u, the factor, must be one float32", i);
      continue;
    }
    if (input->type != GEN_TYPE_FLOAT32 || !gen_shape_equal (&input->shape, &weights->shape))
      return gen_node_error (node, error,
          "input %u must be float32 and of the shape of the weights, which it is not", i);
  }
  for (guint i = 0; i < node->outputs->len; i++)
    gen_node_set_output (node, i, weights->type, &weights->shape);
  return TRUE;
}

static gsize
elements (const GenKernel *kernel)
{
  return gen_shape_elements (&gen_node_input (kernel->node, GEN_UPDATE_WEIGHTS)->shape);
}

gboolean
gen_update_cpu (GenKernel *kernel, GenStepFunc run, double cost, GError **error)
{
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, elements (kernel), cost));
  return TRUE;
}

float
gen_update_begin (const GenKernel *kernel, gsize at, gsize end)
{
  const guint number = gen_update_factor (kernel->node);
  const float factor = number > 0 ? *(const float *)kernel->inputs[number] : 1;

  for (guint i = 0; factor == 0 && i < kernel->node->outputs->len; i++) {
    const float *old = kernel->inputs[i == 0 ? GEN_UPDATE_WEIGHTS : GEN_UPDATE_STATE + i - 1];
    float *new = kernel->outputs[i];

    if (new != old)
      memcpy (new + at, old + at, (end - at) * sizeof *new);
  }
  return factor;
}

void
gen_update_share (const GenKernel *kernel, int part, int parts, gsize *first, gsize *end)
{
  gen_kernel_share (elements (kernel), 64, part, parts, first, end);
}
