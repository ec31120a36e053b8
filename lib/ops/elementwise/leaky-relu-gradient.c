/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LeakyReluGradient (sign, dy): dy, or alpha dy where `sign` is below 0. */
#include "unary.h"

GEN_CLONES (void, scale, (const float *sign, const float *dy, float *out, gsize n, float alpha),
    (sign, dy, out, n, alpha))
{
  for (gsize i = 0; i < n; i++)
    out[i] = sign[i] < 0 ? alpha * dy[i] : dy[i];
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  float alpha = gen_node_float (kernel->node, "alpha", 0.01f);
  gsize first, end;

  gen_kernel_share (gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 64, part, parts,
      &first, &end);
  scale ((const float *)kernel->inputs[0] + first, (const float *)kernel->inputs[1] + first,
      (float *)kernel->outputs[0] + first, end - first, alpha);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *sign = gen_node_input (kernel->node, 0), *dy = gen_node_input (kernel->node, 1);

  if (sign->type != GEN_TYPE_FLOAT32 || dy->type != sign->type ||
      !gen_shape_equal (&sign->shape, &dy->shape))
    return gen_node_error (kernel->node, error, "it takes two float32 tensors of the same shape");
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&sign->shape), 0.3));
  return TRUE;
}

/* Linear in dy; flat in the sign. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[1])
    return TRUE;
  g->inputs[1] = gen_graph_op (g->graph, "LeakyReluGradient",
      (GenTensor *[]){ gen_node_input (g->node, 0), g->outputs[0] }, 2, 1, error, "alpha",
      GEN_FLOAT, gen_node_float (g->node, "alpha", 0.01f), NULL);
  return g->inputs[1] != NULL;
}

GEN_GRADIENT_OPERATOR (leaky_relu_gradient, "LeakyReluGradient",
    "Gradient of LeakyRelu, from its result", .gradient = gradient)
