/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bernoulli: 1 with the probability that the operand is, else 0. */
#include "../build.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  const GenAttribute *seed = gen_node_attribute (node, "seed");
  GenTensor *x = gen_node_input (node, 0), *probability, *draws;
  GenGraph *graph = node->graph;

  probability = gen_build_cast (graph, x, GEN_TYPE_FLOAT32, error);
  draws = gen_unary (graph, "RandomUniformLike", probability, error);
  if (draws == NULL)
    return FALSE;
  if (seed != NULL)
    gen_node_set_float (draws->producer, "seed", seed->f);
  results[0] = gen_build_cast (graph, gen_binary (graph, "Less", draws, probability, error),
      gen_node_int (node, "dtype", x->type), error);
  return results[0] != NULL;
}

const GenOperator gen_operator_bernoulli = {
  .name = "Bernoulli",
  .summary = "1 with a given probability, else 0",
  .since = 15,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
