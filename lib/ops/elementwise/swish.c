/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swish: x sigmoid (alpha x) (Ramachandran, Zoph and Le, 2017), and SwiGLU, which weighs a second
 * operand by it (Shazeer, 2020). */
#include "../build.h"

static GenTensor *
write_swish (GenNode *node, GError **error)
{
  float alpha = gen_node_float (node, "alpha", 1);
  GenTensor *x = gen_node_input (node, 0);
  GenTensor *scaled = alpha == 1 ? x : gen_build_times (node->graph, x, alpha, error);

  return gen_binary (
      node->graph, "Mul", x, gen_unary (node->graph, "Sigmoid", scaled, error), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = write_swish (node, error);
  return results[0] != NULL;
}

static gboolean
lower_gated (GenNode *node, GenTensor **results, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0);
  GenTensor *b = gen_node_input (node, 1);

  if (!gen_shape_equal (&a->shape, &b->shape))
    return gen_node_error (node, error, "its operands must be of one shape");
  results[0] = gen_binary (node->graph, "Mul", write_swish (node, error), b, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_swish = {
  .name = "Swish",
  .summary = "x times the Sigmoid of alpha x",
  .since = 24,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};

const GenOperator gen_operator_swiglu = {
  .name = "SwiGLU",
  .summary = "The Swish of one operand times the other",
  .since = 28,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower_gated,
};
