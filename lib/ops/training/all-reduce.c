/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AllReduce (x): `factor` times the sum of x over all members. What all members' losses gain by the
 * x of one is as many times the sum of their gradients. */
#include "all-reduce.h"

#include <generative/exchange.h>

gboolean
gen_all_reduce_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);

  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i)->type != GEN_TYPE_FLOAT32 ||
        !gen_shape_equal (&gen_node_input (node, i)->shape, &x->shape))
      return gen_node_error (node, error, "its inputs must be float32 and of one shape");
  return gen_infer_same (node, error);
}

void
gen_all_reduce_begin (const GenKernel *kernel)
{
  const gsize n = gen_shape_elements (&gen_node_input (kernel->node, 0)->shape);
  const float factor = gen_node_float (kernel->node, "factor", 1);
  const float *x = kernel->inputs[0];
  float *sum = kernel->outputs[0];

  if (kernel->exchange != NULL) {
    gen_exchange_begin_sum (kernel->exchange, x, sum, n, factor);
    return;
  }
  for (gsize i = 0; i < n; i++)
    sum[i] = factor * x[i];
}

void
gen_all_reduce_end (const GenKernel *kernel, const float *sum)
{
  if (kernel->exchange != NULL)
    gen_exchange_end_sum (kernel->exchange, sum);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  gen_all_reduce_begin (kernel);
  gen_all_reduce_end (kernel, kernel->outputs[0]);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_graph_op (g->graph, "AllReduce", &g->outputs[0], 1, 1, error, "factor",
      GEN_FLOAT, gen_node_float (g->node, "factor", 1), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_all_reduce = {
  .name = "AllReduce",
  .domain = "generative",
  .summary = "The sum of a tensor over all members of a training",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .random = TRUE, /* what the others have is not known */
  .infer = gen_all_reduce_infer,
  .cpu = cpu,
  .gradient = gradient,
};
