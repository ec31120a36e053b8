/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Precise: the operand itself, and a border for devices that compute in 16-bit floats: what is
 * made of its results alone stays float32, until another one with `ends` lets 16 bits in again
 * (lib/graph/narrow.h). The gradient crosses the same border the other way. */
#include "../shape/view.h"

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_graph_op (g->graph, "Precise", &g->outputs[0], 1, 1, error, "ends", GEN_INT,
      gen_node_int (g->node, "ends", 0) == 0, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_precise = {
  .name = "Precise",
  .domain = "generative",
  .summary = "The operand itself; what is made of it alone stays float32 in plans of 16-bit floats",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .infer = gen_infer_same,
  .cpu = gen_view_cpu,
  .gradient = gradient,
};
