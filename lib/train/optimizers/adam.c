/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adam.h"

void
gen_optimizer_configure_adam (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "beta1", settings->beta1);
  gen_node_set_float (node, "beta2", settings->beta2);
  gen_node_set_float (node, "epsilon", settings->epsilon);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

const GenOptimizer gen_optimizer_adam = {
  .name = "adam",
  .description = "Adam: each weight's step is scaled by its gradient's mean and mean square",
  .operator_name = "Adam",
  .states = { "mean", "square" },
  .configure = gen_optimizer_configure_adam,
  .reads = (const char *const[]){ "beta1", "beta2", "weight-decay", NULL },
};
