/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ResizeGradient (dy, x, scales, sizes): each value of dy, spread over what it was made of. Of x,
 * the shape alone counts. */
#include "resample.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 1);

  gen_node_set_output (node, 0, x->type, &x->shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenShape *in = &gen_node_input (node, 1)->shape;
  double factors[GEN_MAX_RANK];
  GenShape out;

  return gen_resample_scales (
             node, gen_node_input (node, 2), gen_node_input (node, 3), in, &out, factors, error) &&
         gen_resample_cpu (kernel, in, &out, factors, TRUE, error);
}

const GenOperator gen_operator_resize_gradient = {
  .name = "ResizeGradient",
  .domain = "generative",
  .summary = "Gradient of Resize and Upsample",
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
};
