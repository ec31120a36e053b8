/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SplitToSequence: pieces of the operand along an axis, as many as there come out. One number for
 * all extents leaves a smaller piece at the end; without any each slice is a piece. */
#include "sequence.h"

#define MAX_PIECES 4096

/* The extents of the pieces. */
static gboolean
find_extents (const GenNode *node, gint64 extent, GArray *extents, GError **error)
{
  const GenTensor *split = gen_node_input (node, 1);
  gint64 values[MAX_PIECES], piece = 1, total = 0;
  int n;

  if (split != NULL && !gen_tensor_ints (split, values, MAX_PIECES, &n))
    return gen_node_error (
        node, error, "its extents must be known before it runs, and at most %d", MAX_PIECES);
  if (split != NULL && split->shape.rank > 0) {
    for (int i = 0; i < n; i++)
      if (values[i] < 0 || __builtin_add_overflow (total, values[i], &total))
        return gen_node_error (node, error, "an extent is %" G_GINT64_FORMAT, values[i]);
    if (total != extent)
      return gen_node_error (node, error,
          "its pieces have %" G_GINT64_FORMAT " together, not %" G_GINT64_FORMAT, total, extent);
    g_array_append_vals (extents, values, n);
    return TRUE;
  }
  if (split != NULL)
    piece = values[0];
  if (piece < 1 || (extent + piece - 1) / piece > MAX_PIECES)
    return gen_node_error (node, error,
        "pieces of %" G_GINT64_FORMAT " are none or too many; at most %d are made", piece,
        MAX_PIECES);
  for (gint64 first = 0; first < extent; first += piece) {
    gint64 size = MIN (piece, extent - first);

    g_array_append_val (extents, size);
  }
  return TRUE;
}

static gboolean
split (GenNode *node, const GArray *extents, int axis, GPtrArray *pieces, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *inputs[] = { gen_node_input (node, 0), NULL }, *first;

  if (extents->len == 0)
    return TRUE;
  if (extents->len == 1) {
    g_ptr_array_add (pieces, inputs[0]);
    return TRUE;
  }
  inputs[1] = gen_graph_ints (graph, (const gint64 *)extents->data, extents->len);
  first = gen_graph_op (
      graph, "Split", inputs, 2, (int)extents->len, error, "axis", GEN_INT, axis, NULL);
  if (first == NULL)
    return FALSE;
  g_ptr_array_extend (pieces, first->producer->outputs, NULL, NULL);
  return TRUE;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  g_autoptr (GArray) extents = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) pieces = g_ptr_array_new ();
  const GenTensor *x = gen_node_input (node, 0);
  gboolean drops = gen_node_input (node, 1) == NULL && gen_node_int (node, "keepdims", 1) == 0;
  int axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);

  if (axis < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d",
        gen_node_int (node, "axis", 0), x->shape.rank);
  if (!find_extents (node, x->shape.dims[axis], extents, error) ||
      !split (node, extents, axis, pieces, error))
    return FALSE;
  for (guint i = 0; drops && i < pieces->len; i++) {
    GenTensor *axes = gen_graph_ints (node->graph, (gint64[]){ axis }, 1);

    pieces->pdata[i] = gen_binary (node->graph, "Squeeze", pieces->pdata[i], axes, error);
    if (pieces->pdata[i] == NULL)
      return FALSE;
  }
  results[0] = gen_graph_add_items (
      node->graph, GEN_KIND_SEQUENCE, (GenTensor **)pieces->pdata, pieces->len, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_split_to_sequence = {
  .name = "SplitToSequence",
  .summary = "Pieces along an axis, as a sequence",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .decides = 1 << 1,
  .lower = lower,
};
