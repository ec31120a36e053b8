/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity: the operand itself. */
#include "view.h"

/* Of a sequence or optional nothing is left. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);

  results[0] = x->items != NULL ? x : NULL;
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = g->outputs[0];
  return TRUE;
}

const GenOperator gen_operator_identity = {
  .name = "Identity",
  .summary = "The operand itself",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .takes_items = TRUE,
  .lower = lower,
  .infer = gen_infer_same,
  .cpu = gen_view_cpu,
  .gradient = gradient,
};
