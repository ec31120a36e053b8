/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ScatterND: the data with slices overwritten by updates, or combined with them, at places that
 * tuples of indices give. Slices may meet, so parts share the elements of a slice. Indices that are
 * constants are often a range that somebody has assigned to, element by element: then slices that
 * lie one behind the other are copied as one. The attribute batch_dims, which ONNX does not have,
 * serves as GatherND's gradient. */
#include "indices.h"

#include <string.h>

/* Elements that follow each other in the data as in the updates. */
typedef struct {
  gsize from, to, n;
} Range;

typedef struct {
  GenTupleIndices tuples;
  GenBinaryRow row; /* NULL to overwrite */
  GenDataType type;
  GArray *ranges; /* all there is to copy, of constant indices; or NULL */
} Scatter;

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *updates = gen_node_input (node, 2);
  GenBinaryRow row;
  GenShape shape;

  if (!gen_tuple_indices_infer (node, &shape, error) || !gen_indices_reduction (node, &row, error))
    return FALSE;
  if (updates->type != gen_node_input (node, 0)->type || !gen_shape_equal (&updates->shape, &shape))
    return gen_node_error (
        node, error, "its updates must have the data's type, and one slice for each tuple");
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Scatter *s = kernel->state;
  const GenDataType types[3] = { s->type, s->type, s->type };
  gsize size = gen_data_type_size (s->type), first, end;

  gen_kernel_share (s->tuples.inner, 16, part, parts, &first, &end);
  if (first == end)
    return;
  for (gint64 i = 0; i < s->tuples.n; i++) {
    const char *update =
        (const char *)kernel->inputs[2] + ((gsize)(i * s->tuples.inner) + first) * size;
    gsize offset = gen_tuple_indices_offset (&s->tuples, kernel->inputs[1], i) + first;
    char *to = (char *)kernel->outputs[0] + offset * size;

    if (s->row == NULL)
      memcpy (to, update, (end - first) * size);
    else
      gen_binary_row_run (s->row, types, to, 1, update, 1, to, end - first);
  }
}

static void
copy_ranges (const GenKernel *kernel, int part, int parts)
{
  const Scatter *s = kernel->state;
  const gsize size = gen_data_type_size (s->type);

  for (guint i = 0; i < s->ranges->len; i++) {
    const Range *range = &g_array_index (s->ranges, Range, i);

    memcpy ((char *)kernel->outputs[0] + range->to * size,
        (const char *)kernel->inputs[2] + range->from * size, range->n * size);
  }
}

/* The slices of `indices`, in their order, as far as they follow each other. */
static GArray *
find_ranges (const Scatter *s, const void *indices)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  const gsize inner = (gsize)s->tuples.inner;

  for (gint64 i = 0; i < s->tuples.n; i++) {
    const gsize to = (gsize)gen_tuple_indices_offset (&s->tuples, indices, i);
    Range *last = ranges->len > 0 ? &g_array_index (ranges, Range, ranges->len - 1) : NULL;

    if (last != NULL && last->to + last->n == to) {
      last->n += inner;
    } else {
      const Range range = { (gsize)i * inner, to, inner };

      g_array_append_val (ranges, range);
    }
  }
  return ranges;
}

static void
scatter_free (gpointer data)
{
  Scatter *s = data;

  g_clear_pointer (&s->ranges, g_array_unref);
  g_free (s);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  const void *indices = gen_tensor_constant (gen_node_input (node, 1));
  Scatter *s = g_new0 (Scatter, 1);
  int parts;

  kernel->state = s;
  kernel->free_state = scatter_free;
  s->type = x->type;
  if (!gen_indices_reduction (node, &s->row, error))
    return FALSE;
  gen_tuple_indices_init (&s->tuples, node);
  parts = gen_kernel_parts (kernel, s->tuples.n * s->tuples.inner, 0.5);
  gen_kernel_add_step (
      kernel, gen_indices_copy_data, gen_kernel_parts (kernel, gen_tensor_size (x), 0.1));
  if (s->row == NULL && indices != NULL && parts == 1) {
    s->ranges = find_ranges (s, indices);
    gen_kernel_add_step (kernel, copy_ranges, 1);
    return TRUE;
  }
  gen_kernel_add_step (kernel, run, (int)MIN (parts, (s->tuples.inner + 15) / 16));
  return TRUE;
}

/* Overwritten elements get nothing, and an update what its place gets. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const char *reduction = gen_node_string (g->node, "reduction", "none");
  GenTensor *indices = gen_node_input (g->node, 1), *updates = gen_node_input (g->node, 2);
  GenTensor *dy = g->outputs[0];
  int batch = (int)gen_node_int (g->node, "batch_dims", 0);

  if (*reduction != 'n' && *reduction != 'a')
    return gen_node_error (
        g->node, error, "it has no gradient for reduction '%s', only for none and add", reduction);
  if (g->needed[0]) {
    g->inputs[0] = dy;
    if (*reduction == 'n')
      g->inputs[0] = gen_graph_op (g->graph, "ScatterND",
          (GenTensor *[]){ dy, indices, gen_graph_full (g->graph, &updates->shape, 0) }, 3, 1,
          error, "batch_dims", GEN_INT, batch, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[2]) {
    g->inputs[2] = gen_graph_op (g->graph, "GatherND", (GenTensor *[]){ dy, indices }, 2, 1, error,
        "batch_dims", GEN_INT, batch, NULL);
    if (g->inputs[2] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_scatter_nd = {
  .name = "ScatterND",
  .summary = "Slices written to places that tuples of indices give",
  .since = 11,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
