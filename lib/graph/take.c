/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node can still take over from those that follow it. With all that there is, it makes
 *
 *   activation (normalization (what its operator makes) + bias + added)
 *
 * Rewrites that are right alone are wrong behind others where something would be computed before
 * what has been taken already, and comes after it in the graph: so all of them ask here. */
#include "graph-private.h"

gboolean
gen_node_is_plain (const GenNode *node)
{
  const GenTaken *taken = &node->taken;

  return node->activation.kind == GEN_ACTIVATION_NONE && taken->bias == 0 && taken->added == 0 &&
         taken->slopes == 0;
}

/* Input 2 of a MatMul is something that it has taken, of the others their own bias. */
static gboolean
has_bias (const GenNode *node)
{
  return node->taken.bias > 0 || (node->op->max_inputs > 2 && gen_node_input (node, 2) != NULL);
}

gboolean
gen_node_can_take (const GenNode *node, GenTake what)
{
  const GenTaken *taken = &node->taken;

  if (node->activation.kind != GEN_ACTIVATION_NONE)
    return FALSE;
  switch (what) {
  case GEN_TAKE_NORMALIZATION:
    return taken->bias == 0 && taken->added == 0;
  case GEN_TAKE_BIAS:
    return node->op->fuses_inputs && !has_bias (node);
  case GEN_TAKE_SUM:
    return node->op->fuses_inputs && taken->added == 0;
  case GEN_TAKE_SLOPES:
    return node->op->fuses_inputs;
  case GEN_TAKE_ACTIVATION:
    return node->op->fuses_activation;
  }
  return FALSE;
}
