/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Concat: tensors one behind the other along an axis, in the layout of the first. */
#include "../convolution/pieces.h"
#include "slice.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *first = gen_node_input (node, 0);
  gint64 axis = gen_axis (gen_node_int (node, "axis", 0), first->shape.rank), total = 0;
  GenShape shape = first->shape;

  if (axis < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d",
        gen_node_int (node, "axis", 0), shape.rank);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);
    gboolean fits = input != NULL && input->type == first->type && input->shape.rank == shape.rank;

    for (int d = 0; fits && d < shape.rank; d++)
      fits = d == axis || input->shape.dims[d] == shape.dims[d];
    if (!fits)
      return gen_node_error (node, error,
          "input %u differs from input 0 in type or in another extent than axis %d", i, (int)axis);
    total += input->shape.dims[axis];
  }
  shape.dims[axis] = total;
  gen_node_set_output (node, 0, first->type, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenStrided *pieces = kernel->state;

  for (guint i = 0; i < kernel->node->inputs->len; i++)
    gen_strided_run (&pieces[i], kernel->inputs[i], kernel->outputs[0], part, parts);
}

/* Dimensions in the order in which they lie in the memory of `y`. */
static void
init_piece (GenStrided *piece, const GenTensor *x, const GenTensor *y)
{
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK], dims[GEN_MAX_RANK];
  gint64 own_from[GEN_MAX_RANK], own_to[GEN_MAX_RANK];
  int rank = y->shape.rank;
  gboolean last = y->layout == GEN_LAYOUT_CHANNELS_LAST && rank >= 3;

  gen_tensor_strides (x, own_from);
  gen_tensor_strides (y, own_to);
  for (int i = 0; i < rank; i++) {
    int axis = !last || i == 0 ? i : i == rank - 1 ? 1 : i + 1;

    dims[i] = x->shape.dims[axis];
    from[i] = own_from[axis];
    to[i] = own_to[axis];
  }
  gen_strided_init (piece, rank, dims, from, to, y->type);
}

void
gen_concat_pieces (const GenNode *node, GenStrided *pieces)
{
  const GenTensor *y = gen_node_output (node, 0);
  int axis = gen_axis (gen_node_int (node, "axis", 0), y->shape.rank);
  gint64 strides[GEN_MAX_RANK], at = 0;

  gen_tensor_strides (y, strides);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *x = gen_node_input (node, i);

    init_piece (&pieces[i], x, y);
    pieces[i].to_offset = at * strides[axis];
    at += x->shape.dims[axis];
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  GenStrided *pieces = g_new (GenStrided, node->inputs->len);

  kernel->state = pieces;
  kernel->free_state = g_free;
  if (gen_data_type_size (y->type) == 0)
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (y->type));
  gen_concat_pieces (node, pieces);
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&y->shape), 0.3));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  int axis = gen_axis (gen_node_int (g->node, "axis", 0), g->outputs[0]->shape.rank);
  gint64 at = 0;

  for (guint i = 0; i < g->node->inputs->len; i++) {
    gint64 extent = gen_node_input (g->node, i)->shape.dims[axis];

    if (g->needed[i]) {
      g->inputs[i] = gen_slice_axis (g->graph, g->outputs[0], axis, at, at + extent, error);
      if (g->inputs[i] == NULL)
        return FALSE;
    }
    at += extent;
  }
  return TRUE;
}

const GenOperator gen_operator_concat = {
  .name = "Concat",
  .summary = "Tensors one behind the other along an axis",
  .since = 4,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
