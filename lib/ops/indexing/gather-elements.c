/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GatherElements: for each index, the element at that place along an axis, and at the index's own
 * place along the others. */
#include "indices.h"

static gboolean
infer (GenNode *node, GError **error)
{
  if (!gen_element_indices_infer (node, error))
    return FALSE;
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &gen_node_input (node, 1)->shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenElementIndices *elements = kernel->state;
  gsize size = gen_data_type_size (gen_node_input (kernel->node, 0)->type), first, end;
  gint64 offsets[GEN_INDICES_CHUNK], n = elements->n;

  gen_kernel_share (elements->rows * n, 16, part, parts, &first, &end);
  for (gint64 at = (gint64)first, count; at < (gint64)end; at += count) {
    gint64 column = at % n;

    count = MIN (MIN (GEN_INDICES_CHUNK, n - column), (gint64)end - at);
    gen_element_indices_offsets (elements, kernel->inputs[1], at / n, column, count, offsets);
    gen_indices_take (
        kernel->inputs[0], offsets, (char *)kernel->outputs[0] + at * (gint64)size, count, size);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  GenElementIndices *elements = g_new (GenElementIndices, 1);

  kernel->state = elements;
  kernel->free_state = g_free;
  gen_element_indices_init (elements, node);
  if (gen_data_type_size (gen_node_input (node, 0)->type) == 0)
    return gen_node_error (node, error, "not supported for elements of type %s",
        gen_data_type_name (gen_node_input (node, 0)->type));
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, elements->rows * elements->n, 2));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);

  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "ScatterElements",
      (GenTensor *[]){
          gen_graph_full (g->graph, &x->shape, 0), gen_node_input (g->node, 1), g->outputs[0] },
      3, 1, error, "axis", GEN_INT, (int)gen_node_int (g->node, "axis", 0), "reduction", GEN_STRING,
      "add", NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_gather_elements = {
  .name = "GatherElements",
  .summary = "Elements along an axis, chosen by indices",
  .since = 11,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
