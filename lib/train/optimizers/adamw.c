/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adam.h"

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_optimizer_configure_adam (node, settings);
  gen_node_set_int (node, "decoupled", 1);
}

const GenOptimizer gen_optimizer_adamw = {
  .name = "adamw",
  .description = "Adam with weight decay that does not pass through the gradient",
  .operator_name = "Adam",
  .states = { "mean", "square" },
  .configure = configure,
  .reads = (const char *const[]){ "beta1", "beta2", "weight-decay", NULL },
};
