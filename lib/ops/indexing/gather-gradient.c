/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GatherGradient (dy, indices): dy added up where Gather took it from, in zeros of `shape`. Parts
 * share what lies before and behind the axis, so that the order of the sums is fixed. */
#include <string.h>
#include <generative/operator.h>

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *dy = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  const gint64 *dims;
  GenShape shape;
  int axis;

  dims = gen_node_ints (node, "shape", &shape.rank);
  axis = gen_axis (gen_node_int (node, "axis", 0), shape.rank);
  if (dims == NULL || shape.rank > GEN_MAX_RANK || axis < 0 || dy->type != GEN_TYPE_FLOAT32 ||
      (indices->type != GEN_TYPE_INT64 && indices->type != GEN_TYPE_INT32))
    return gen_node_error (node, error, "it takes float32, indices, a shape and an axis");
  memcpy (shape.dims, dims, shape.rank * sizeof (gint64));
  if (gen_shape_product (&shape, 0, axis) * gen_shape_elements (&indices->shape) *
          gen_shape_product (&shape, axis + 1, shape.rank) !=
      gen_shape_elements (&dy->shape))
    return gen_node_error (node, error, "its shape does not fit its operand");
  gen_node_set_output (node, 0, dy->type, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *indices = gen_node_input (kernel->node, 1);
  const GenShape *shape = &gen_node_output (kernel->node, 0)->shape;
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), shape->rank);
  gsize outer = gen_shape_product (shape, 0, axis), n = gen_shape_elements (&indices->shape);
  gsize inner = gen_shape_product (shape, axis + 1, shape->rank), extent = shape->dims[axis];
  const float *dy = kernel->inputs[0];
  float *dx = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (inner, 16, part, parts, &first, &end);
  for (gsize o = 0; o < outer; o++) {
    for (gsize k = 0; k < extent; k++)
      memset (dx + (o * extent + k) * inner + first, 0, (end - first) * sizeof (float));
    for (gsize k = 0; k < n; k++) {
      gint64 index = indices->type == GEN_TYPE_INT64 ? ((const gint64 *)kernel->inputs[1])[k]
                                                     : ((const gint32 *)kernel->inputs[1])[k];
      const float *from = dy + (o * n + k) * inner;
      float *to;

      index = CLAMP (index < 0 ? index + (gint64)extent : index, 0, (gint64)extent - 1);
      to = dx + (o * extent + index) * inner;
      for (gsize i = first; i < end; i++)
        to[i] += from[i];
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (
          kernel, gen_shape_elements (&gen_node_input (kernel->node, 0)->shape), 0.5));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "Gather",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "axis", GEN_INT,
      (int)gen_node_int (g->node, "axis", 0), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_gather_gradient = {
  .name = "GatherGradient",
  .summary = "Gradient of Gather: added up in zeros",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .domain = "generative",
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
