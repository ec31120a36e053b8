/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/optimizer.h>

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "beta1", (float)settings->beta1);
  gen_node_set_float (node, "beta2", (float)settings->beta2);
  gen_node_set_float (node, "weight_decay", (float)settings->weight_decay);
}

const GenOptimizer gen_optimizer_lion = {
  .name = "lion",
  .description = "Lion: each weight moves by the rate, towards the sign of a mean of gradients; a "
                 "third of Adam's rate or less, beta1=0.9 beta2=0.99",
  .operator_name = "Lion",
  .states = { "mean" },
  .configure = configure,
  .reads = (const char *const[]){ "beta1", "beta2", "weight-decay", NULL },
};
