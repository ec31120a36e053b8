/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reduce-groups.h"

gboolean
gen_reduce_axes (const GenNode *node, gboolean reduced[GEN_MAX_RANK], GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *input = gen_node_input (node, 1);
  gint64 values[GEN_MAX_RANK];
  const gint64 *axes = values;
  int n = 0, axis;

  if (input == NULL)
    axes = gen_node_ints (node, "axes", &n);
  else if (!gen_tensor_ints (input, values, GEN_MAX_RANK, &n))
    return gen_node_error (node, error, "its axes must be constant, and at most %d", GEN_MAX_RANK);
  for (int i = 0; i < x->shape.rank; i++)
    reduced[i] = n == 0 && gen_node_int (node, "noop_with_empty_axes", 0) == 0;
  for (int i = 0; i < n; i++) {
    axis = gen_axis (axes[i], x->shape.rank);
    if (axis < 0)
      return gen_node_error (
          node, error, "axis %" G_GINT64_FORMAT " is not one of %d", axes[i], x->shape.rank);
    reduced[axis] = TRUE;
  }
  return TRUE;
}

gint64
gen_reduce_count (const GenNode *node)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  gboolean reduced[GEN_MAX_RANK];
  gint64 count = 1;

  if (gen_reduce_axes (node, reduced, NULL))
    for (int i = 0; i < shape->rank; i++)
      if (reduced[i])
        count *= shape->dims[i];
  return count;
}

int
gen_reduce_groups (
    const GenNode *node, const gboolean *reduced, GenReduceGroup groups[GEN_MAX_RANK])
{
  const GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  gboolean keep = gen_node_int (node, "keepdims", 1) != 0;
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK];
  int rank = x->shape.rank, order[GEN_MAX_RANK], out = 0;

  gen_tensor_strides (x, from);
  gen_tensor_strides (y, to);
  for (int i = 0; i < rank; i++)
    order[i] = i;
  if (x->layout == GEN_LAYOUT_CHANNELS_LAST && rank >= 3) {
    for (int i = 1; i < rank - 1; i++)
      order[i] = i + 1;
    order[rank - 1] = 1;
  }
  if (!keep)
    for (int i = rank - 1, k = y->shape.rank - 1; i >= 0; i--)
      to[i] = reduced[i] ? 0 : to[k--];
  for (int i = 0; i < rank; i++) {
    int axis = order[i];
    gint64 extent = x->shape.dims[axis], stride = reduced[axis] ? 0 : to[axis];
    GenReduceGroup *last = out > 0 ? &groups[out - 1] : NULL;

    if (extent == 1)
      continue;
    if (last == NULL || last->reduced != reduced[axis] || last->from != from[axis] * extent ||
        last->to != stride * extent)
      last = &groups[out++];
    else
      extent *= last->extent;
    *last = (GenReduceGroup){ extent, from[axis], stride, reduced[axis] };
  }
  if (out == 0)
    groups[out++] = (GenReduceGroup){ 1, 1, 1, FALSE };
  return out;
}
