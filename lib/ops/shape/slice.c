/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slice: a box of the operand, in steps that may be negative. Starts and ends are attributes up to
 * opset 9, inputs from 10 on. */
#include "slice.h"
#include "strided.h"

/* The integers that are input `i`, or the attribute; *n is -1 where there are none. */
static gboolean
read_ints (const GenNode *node, guint i, const char *name, gint64 *values, int *n, GError **error)
{
  const gint64 *given;

  if (node->opset < 10) {
    given = gen_node_ints (node, name, n);
    if (given == NULL)
      *n = -1;
    if (*n > GEN_MAX_RANK)
      return gen_node_error (node, error, "more than %d %s", GEN_MAX_RANK, name);
    for (int k = 0; k < *n; k++)
      values[k] = given[k];
    return TRUE;
  }
  *n = -1;
  if (gen_node_input (node, i) != NULL &&
      !gen_tensor_ints (gen_node_input (node, i), values, GEN_MAX_RANK, n))
    return gen_node_error (
        node, error, "its %s must be constant, and at most %d", name, GEN_MAX_RANK);
  return TRUE;
}

gboolean
gen_slice_find (const GenNode *node, GenBox *box, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  gint64 starts[GEN_MAX_RANK], ends[GEN_MAX_RANK], axes[GEN_MAX_RANK], steps[GEN_MAX_RANK];
  int n_starts, n_ends, n_axes, n_steps;

  if (!read_ints (node, 1, "starts", starts, &n_starts, error) ||
      !read_ints (node, 2, "ends", ends, &n_ends, error) ||
      !read_ints (node, 3, "axes", axes, &n_axes, error) ||
      !read_ints (node, 4, "steps", steps, &n_steps, error))
    return FALSE;
  if (n_starts < 0 || n_ends != n_starts || (n_axes >= 0 && n_axes != n_starts) ||
      (n_steps >= 0 && n_steps != n_starts) || n_starts > shape->rank)
    return gen_node_error (node, error, "its starts, ends, axes and steps do not fit together");
  box->shape = *shape;
  for (int i = 0; i < shape->rank; i++) {
    box->start[i] = 0;
    box->step[i] = 1;
  }
  for (int i = 0; i < n_starts; i++) {
    int axis = gen_axis (n_axes >= 0 ? axes[i] : i, shape->rank);
    gint64 step = n_steps >= 0 ? steps[i] : 1, extent, start = starts[i], end = ends[i];

    if (axis < 0 || step == 0 || step == G_MININT64)
      return gen_node_error (node, error, "axis or step number %d is not allowed", i);
    extent = shape->dims[axis];
    start = start < 0 ? MAX (start, -extent) + extent : start;
    end = end < 0 ? MAX (end, -extent - 1) + extent : end;
    start = step > 0 ? CLAMP (start, 0, extent) : CLAMP (start, 0, extent - 1);
    end = step > 0 ? CLAMP (end, 0, extent) : CLAMP (end, -1, extent - 1);
    box->start[axis] = start;
    box->step[axis] = step;
    if (step > 0)
      box->shape.dims[axis] = end > start ? (end - start - 1) / step + 1 : 0;
    else
      box->shape.dims[axis] = start > end ? (start - end - 1) / -step + 1 : 0;
  }
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenBox box;

  if (!gen_slice_find (node, &box, error))
    return FALSE;
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &box.shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK], offset = 0;
  GenStrided *strided;
  GenBox box;

  if (!gen_slice_find (kernel->node, &box, error))
    return FALSE;
  gen_shape_strides (&x->shape, from);
  gen_shape_strides (&box.shape, to);
  for (int i = 0; i < x->shape.rank; i++) {
    offset += box.start[i] * from[i];
    from[i] *= box.step[i];
  }
  strided = g_new (GenStrided, 1);
  gen_strided_init (strided, x->shape.rank, box.shape.dims, from, to, x->type);
  strided->from_offset = offset;
  return gen_strided_cpu (kernel, strided, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  GenBox box;

  if (!gen_slice_find (g->node, &box, error))
    return FALSE;
  g->inputs[0] = gen_graph_op (g->graph, "SliceGradient", &g->outputs[0], 1, 1, error, "shape",
      GEN_INTS, shape->rank, shape->dims, "starts", GEN_INTS, shape->rank, box.start, "steps",
      GEN_INTS, shape->rank, box.step, NULL);
  return g->inputs[0] != NULL;
}

GenTensor *
gen_slice_axis (
    GenGraph *graph, GenTensor *tensor, int axis, gint64 first, gint64 end, GError **error)
{
  gint64 on = axis;

  if (tensor == NULL)
    return NULL;
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ tensor, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &end, 1),
          gen_graph_ints (graph, &on, 1) },
      4, 1, error, NULL);
}

const GenOperator gen_operator_slice = {
  .name = "Slice",
  .summary = "A box of the operand, in steps",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
