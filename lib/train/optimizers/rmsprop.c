/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/optimizer.h>

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "alpha", settings->beta2);
  gen_node_set_float (node, "epsilon", settings->epsilon);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

const GenOptimizer gen_optimizer_rmsprop = {
  .name = "rmsprop",
  .description = "RMSProp: each weight's step is scaled by its gradient's mean square",
  .operator_name = "RMSProp",
  .states = { "square" },
  .configure = configure,
  .reads = (const char *const[]){ "beta2", "weight-decay", NULL },
};
