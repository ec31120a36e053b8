/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GatherND: slices of the data, each chosen by a tuple of indices into its leading dimensions. */
#include "indices.h"

#include <string.h>

static gboolean
infer (GenNode *node, GError **error)
{
  GenShape shape;

  if (!gen_tuple_indices_infer (node, &shape, error))
    return FALSE;
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTupleIndices *tuples = kernel->state;
  gsize size = gen_data_type_size (gen_node_input (kernel->node, 0)->type), first, end;
  gint64 offsets[GEN_INDICES_CHUNK];
  const char *x = kernel->inputs[0];
  char *out = kernel->outputs[0];

  gen_kernel_share (tuples->n, 1, part, parts, &first, &end);
  for (gsize i = first, n; i < end; i += n) {
    n = MIN (GEN_INDICES_CHUNK, end - i);
    for (gsize k = 0; k < n; k++)
      offsets[k] = gen_tuple_indices_offset (tuples, kernel->inputs[1], i + k);
    if (tuples->inner == 1) {
      gen_indices_take (x, offsets, out + i * size, n, size);
      continue;
    }
    for (gsize k = 0; k < n; k++)
      memcpy (out + (i + k) * tuples->inner * size, x + offsets[k] * (gint64)size,
          tuples->inner * size);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenTupleIndices *tuples = g_new (GenTupleIndices, 1);

  kernel->state = tuples;
  kernel->free_state = g_free;
  gen_tuple_indices_init (tuples, kernel->node);
  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  if (tuples->inner > 0)
    gen_kernel_add_step (
        kernel, run, gen_kernel_parts (kernel, tuples->n, 4 + 0.3 * (double)tuples->inner));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);

  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "ScatterND",
      (GenTensor *[]){
          gen_graph_full (g->graph, &x->shape, 0), gen_node_input (g->node, 1), g->outputs[0] },
      3, 1, error, "batch_dims", GEN_INT, (int)gen_node_int (g->node, "batch_dims", 0), "reduction",
      GEN_STRING, "add", NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_gather_nd = {
  .name = "GatherND",
  .summary = "Slices chosen by tuples of indices",
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
