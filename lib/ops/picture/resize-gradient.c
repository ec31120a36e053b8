/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ResizeGradient (dy, x, scales, sizes, region): each value of dy, spread over what it was made of.
 * Of x, the shape alone counts. */
#include "resample.h"

#include "../build.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 1);

  gen_node_set_output (node, 0, x->type, &x->shape);
  return TRUE;
}

gboolean
gen_resize_gradient_find (GenResampling *resampling, const GenNode *node, GError **error)
{
  const GenResampleInputs inputs = { gen_node_input (node, 2), gen_node_input (node, 3),
    gen_node_input (node, 4) };

  if (!gen_resampling_init (resampling, node, &gen_node_input (node, 1)->shape, &inputs, error))
    return FALSE;
  return gen_shape_equal (&resampling->out, &gen_node_input (node, 0)->shape) ||
         gen_node_error (node, error, "dy is not of the shape that its scales or sizes give");
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenResampling resampling;

  return gen_resize_gradient_find (&resampling, kernel->node, error) &&
         gen_resample_cpu (kernel, &resampling, TRUE, error);
}

/* Linear in dy, which is met by Resize. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *inputs[] = { g->outputs[0], gen_node_input (g->node, 4), gen_node_input (g->node, 2),
    gen_node_input (g->node, 3) };

  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_build_like (g->graph, "Resize", inputs, G_N_ELEMENTS (inputs), g->node, error);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_resize_gradient = {
  .name = "ResizeGradient",
  .domain = "generative",
  .summary = "Gradient of Resize and Upsample",
  .min_inputs = 2,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
