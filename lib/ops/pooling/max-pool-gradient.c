/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxPoolGradient (x, dy): gradient of MaxPool, to the first of the largest values. */
#include "pool.h"

#include "../build.h"

/* Where the largest values are in all of x, one after the other. */
static GenTensor *
find_places (const GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  GenTensor *x = gen_node_input (node, 0), *y;
  GenWindowLists lists;
  GenWindow window;

  if (!gen_pool_window (&window, node, &x->shape, error))
    return NULL;
  lists = gen_window_lists (&window);
  y = gen_graph_op (g->graph, "MaxPool", &x, 1, 2, error, GEN_WINDOW_ATTRIBUTES (lists),
      "ceil_mode", GEN_INT, (int)gen_node_int (node, "ceil_mode", 0), NULL);
  return y != NULL ? gen_node_output (y->producer, 1) : NULL;
}

/* Linear in dy, which is met by what stands where the largest values are. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *places, *row;

  if (!g->needed[1])
    return TRUE;
  places = find_places (g, error);
  row = gen_build_reshape (
      g->graph, g->outputs[0], &GEN_SHAPE (gen_shape_elements (&g->outputs[0]->shape)), error);
  g->inputs[1] = gen_binary (g->graph, "Gather", row, places, error);
  return g->inputs[1] != NULL;
}

const GenOperator gen_operator_max_pool_gradient = {
  .name = "MaxPoolGradient",
  .domain = "generative",
  .summary = "Gradient of MaxPool, to the first of the largest values",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .layout_inputs = 1u << 1,
  .widens = 0x3,
  .infer = gen_pool_gradient_infer,
  .cpu = gen_pool_gradient_cpu_max,
  .gradient = gradient,
};
