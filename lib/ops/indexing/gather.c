/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gather: slices of the operand along an axis, chosen by indices; negative ones count from the end.
 */
#include <string.h>
#include <generative/operator.h>

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  int axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  GenShape shape = GEN_SHAPE_SCALAR;

  if (indices->type != GEN_TYPE_INT64 && indices->type != GEN_TYPE_INT32)
    return gen_node_error (node, error, "its indices must be int32 or int64, not %s",
        gen_data_type_name (indices->type));
  if (axis < 0 || x->shape.rank - 1 + indices->shape.rank > GEN_MAX_RANK)
    return gen_node_error (node, error,
        "its axis is out of range, or its result has more than %d dimensions", GEN_MAX_RANK);
  for (int i = 0; i < axis; i++)
    shape.dims[shape.rank++] = x->shape.dims[i];
  for (int i = 0; i < indices->shape.rank; i++)
    shape.dims[shape.rank++] = indices->shape.dims[i];
  for (int i = axis + 1; i < x->shape.rank; i++)
    shape.dims[shape.rank++] = x->shape.dims[i];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

typedef struct {
  gint64 outer, extent, n, inner; /* inner in bytes */
} Gather;

/* An index out of range, which only the data can have, takes the nearest slice. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const Gather *gather = kernel->state;
  gboolean wide = gen_node_input (kernel->node, 1)->type == GEN_TYPE_INT64;
  const char *x = kernel->inputs[0];
  char *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (gather->outer * gather->n, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gint64 k = i % gather->n;
    gint64 index =
        wide ? ((const gint64 *)kernel->inputs[1])[k] : ((const gint32 *)kernel->inputs[1])[k];

    index = CLAMP (index < 0 ? index + gather->extent : index, 0, gather->extent - 1);
    memcpy (out + i * gather->inner, x + (i / gather->n * gather->extent + index) * gather->inner,
        gather->inner);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0),
                  *indices = gen_node_input (kernel->node, 1);
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), x->shape.rank);
  Gather *gather;

  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  gather = g_new (Gather, 1);
  kernel->state = gather;
  kernel->free_state = g_free;
  gather->outer = gen_shape_product (&x->shape, 0, axis);
  gather->extent = x->shape.dims[axis];
  gather->n = gen_shape_elements (&indices->shape);
  gather->inner =
      gen_shape_product (&x->shape, axis + 1, x->shape.rank) * gen_data_type_size (x->type);
  if (gather->extent == 0 && gather->n > 0)
    return gen_node_error (kernel->node, error, "nothing can be taken from an extent of 0");
  if (gather->n > 0)
    gen_kernel_add_step (
        kernel, run, gen_kernel_parts (kernel, gather->outer * gather->n, 2 + 0.1 * gather->inner));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;

  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "GatherGradient",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "shape", GEN_INTS,
      shape->rank, shape->dims, "axis", GEN_INT,
      gen_axis (gen_node_int (g->node, "axis", 0), shape->rank), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_gather = {
  .name = "Gather",
  .summary = "Slices along an axis, chosen by indices",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
