/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/optimizer.h>

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "momentum", settings->beta1);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

const GenOptimizer gen_optimizer_sgd = {
  .name = "sgd",
  .description = "Stochastic gradient descent; beta1 is the momentum",
  .operator_name = "GradientDescent",
  .states = { "velocity" },
  .configure = configure,
  .reads = (const char *const[]){ "beta1", "weight-decay", NULL },
};
