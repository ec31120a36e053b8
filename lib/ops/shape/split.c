/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Split: pieces of the operand along an axis. Their extents are an attribute up to opset 12, an
 * input from 13 on; without either they are equal, the last one smaller from opset 18 on. */
#include "../convolution/pieces.h"

/* The extents of the pieces. */
static gboolean
find_pieces (const GenNode *node, int *axis, gint64 *extents, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *input = gen_node_input (node, 1);
  const gint64 *given;
  gint64 n = node->outputs->len, piece, total = 0;
  g_autofree gint64 *values = g_new (gint64, n);
  int count;

  *axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  if (*axis < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d",
        gen_node_int (node, "axis", 0), x->shape.rank);
  given = gen_node_ints (node, "split", &count);
  if (input != NULL) {
    if (!gen_tensor_ints (input, values, n, &count))
      return gen_node_error (node, error, "its extents must be constant, one for each output");
    given = values;
  }
  piece = (x->shape.dims[*axis] + n - 1) / n;
  if (given == NULL && node->opset < 18 && piece * n != x->shape.dims[*axis])
    return gen_node_error (node, error,
        "%" G_GINT64_FORMAT " cannot be cut in %" G_GINT64_FORMAT " equal pieces",
        x->shape.dims[*axis], n);
  for (gint64 i = 0; i < n; i++) {
    if (given == NULL)
      extents[i] = CLAMP (x->shape.dims[*axis] - total, 0, piece);
    else
      extents[i] = count == n ? given[i] : -1;
    if (extents[i] < 0 || extents[i] > x->shape.dims[*axis] - total)
      return gen_node_error (node, error, "its extents do not fit its operand or its outputs");
    total += extents[i];
  }
  if (total != x->shape.dims[*axis])
    return gen_node_error (node, error, "its extents do not sum to the operand's");
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  g_autofree gint64 *extents = g_new (gint64, node->outputs->len);
  GenShape shape = x->shape;
  int axis;

  if (!find_pieces (node, &axis, extents, error))
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++) {
    shape.dims[axis] = extents[i];
    gen_node_set_output (node, i, x->type, &shape);
  }
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenStrided *pieces = kernel->state;

  for (guint i = 0; i < kernel->node->outputs->len; i++)
    if (kernel->outputs[i] != NULL)
      gen_strided_run (&pieces[i], kernel->inputs[0], kernel->outputs[i], part, parts);
}

gboolean
gen_split_pieces (const GenNode *node, GenStrided *pieces, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  g_autofree gint64 *extents = g_new (gint64, node->outputs->len);
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK], at = 0;
  GenShape shape = x->shape;
  int axis;

  if (!find_pieces (node, &axis, extents, error))
    return FALSE;
  gen_shape_strides (&x->shape, from);
  for (guint i = 0; i < node->outputs->len; i++) {
    shape.dims[axis] = extents[i];
    gen_shape_strides (&shape, to);
    gen_strided_init (&pieces[i], shape.rank, shape.dims, from, to, x->type);
    pieces[i].from_offset = at * from[axis];
    at += extents[i];
  }
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  GenStrided *pieces = g_new0 (GenStrided, node->outputs->len);

  kernel->state = pieces;
  kernel->free_state = g_free;
  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  if (!gen_split_pieces (node, pieces, error))
    return FALSE;
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.3));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  guint n = g->node->outputs->len;
  g_autofree gint64 *extents = g_new (gint64, n);
  g_autofree GenTensor **parts = g_new (GenTensor *, n);
  GenShape shape = gen_node_input (g->node, 0)->shape;
  int axis;

  if (!find_pieces (g->node, &axis, extents, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    shape.dims[axis] = extents[i];
    parts[i] = g->outputs[i] != NULL ? g->outputs[i] : gen_graph_full (g->graph, &shape, 0);
  }
  g->inputs[0] = gen_graph_op (g->graph, "Concat", parts, n, 1, error, "axis", GEN_INT, axis, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_split = {
  .name = "Split",
  .summary = "Pieces along an axis",
  .since = 2,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = -1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
