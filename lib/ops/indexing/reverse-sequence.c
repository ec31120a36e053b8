/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReverseSequence: the first elements along the time axis in reverse, as many as each item of the
 * batch has; its own gradient. */
#include "reverse-sequence.h"

#include <string.h>

gboolean
gen_reverse_sequence_axes (const GenNode *node, int *time, int *batch, GError **error)
{
  int rank = gen_node_input (node, 0)->shape.rank;

  *time = (int)gen_node_int (node, "time_axis", 0);
  *batch = (int)gen_node_int (node, "batch_axis", 1);
  if (rank >= 2 && *time >= 0 && *time < 2 && *batch == 1 - *time)
    return TRUE;
  return gen_node_error (node, error, "time_axis and batch_axis must be 0 and 1, or 1 and 0");
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *lengths = gen_node_input (node, 1);
  int time, batch;

  if (!gen_reverse_sequence_axes (node, &time, &batch, error))
    return FALSE;
  if (lengths->type != GEN_TYPE_INT64 ||
      !gen_shape_equal (&lengths->shape, &GEN_SHAPE (x->shape.dims[batch])))
    return gen_node_error (
        node, error, "its lengths must be int64, one for each item of the batch");
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gint64 inner, rows = x->shape.dims[0] * x->shape.dims[1];
  gsize first, end;
  int time = 0, batch = 1;

  gen_reverse_sequence_axes (kernel->node, &time, &batch, NULL);
  inner = gen_shape_product (&x->shape, 2, x->shape.rank) * (gint64)gen_data_type_size (x->type);
  gen_kernel_share (rows, 1, part, parts, &first, &end);
  for (gint64 row = (gint64)first; row < (gint64)end; row++) {
    gint64 at[2] = { row / x->shape.dims[1], row % x->shape.dims[1] }, length;

    length = CLAMP (((const gint64 *)kernel->inputs[1])[at[batch]], 0, x->shape.dims[time]);
    if (at[time] < length)
      at[time] = length - 1 - at[time];
    memcpy ((char *)kernel->outputs[0] + row * inner,
        (const char *)kernel->inputs[0] + (at[0] * x->shape.dims[1] + at[1]) * inner, inner);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);

  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.5));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  int time = 0, batch = 1;

  if (!g->needed[0] || !gen_reverse_sequence_axes (g->node, &time, &batch, error))
    return !g->needed[0];
  g->inputs[0] = gen_graph_op (g->graph, "ReverseSequence",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "time_axis",
      GEN_INT, time, "batch_axis", GEN_INT, batch, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_reverse_sequence = {
  .name = "ReverseSequence",
  .summary = "Sequences of various lengths in reverse",
  .since = 10,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
