/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/optimizer.h>

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "momentum", (float)settings->beta1);
  gen_node_set_float (node, "weight_decay", (float)settings->weight_decay);
  gen_node_set_int (node, "nesterov", 1);
}

const GenOptimizer gen_optimizer_nesterov = {
  .name = "nesterov",
  .description = "Gradient descent that looks ahead along its momentum, which is beta1 (Sutskever "
                 "et al. 2013)",
  .operator_name = "GradientDescent",
  .states = { "velocity" },
  .configure = configure,
  .reads = (const char *const[]){ "beta1", "weight-decay", NULL },
};
