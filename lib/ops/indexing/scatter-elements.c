/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ScatterElements, and Scatter as it was called: the data with elements overwritten by updates, or
 * combined with them, at places that indices give along an axis. Only updates that differ along the
 * axis alone can meet; parts share the others, so that the order of what meets is fixed. */
#include "indices.h"

#include <string.h>

typedef struct {
  GenElementIndices elements;
  GenBinaryRow row; /* NULL to overwrite */
  gboolean adds;
  GenDataType type;
  gsize size;
} Scatter;

static gboolean
infer (GenNode *node, GError **error)
{
  GenBinaryRow row;

  if (!gen_element_indices_infer (node, error) || !gen_indices_reduction (node, &row, error))
    return FALSE;
  if (gen_node_input (node, 2)->type != gen_node_input (node, 0)->type ||
      !gen_shape_equal (&gen_node_input (node, 1)->shape, &gen_node_input (node, 2)->shape))
    return gen_node_error (
        node, error, "its updates must have the data's type, and one element for each index");
  return gen_infer_same (node, error);
}

#define ADD_AT(T)                                                                                  \
  {                                                                                                \
    for (gint64 i = 0; i < n; i++)                                                                 \
      ((T *)out)[offsets[i]] += ((const T *)updates)[i];                                           \
    return TRUE;                                                                                   \
  }

/* Updates that may meet, added up one after the other; FALSE for types that nobody sums so. */
static gboolean
add_at (GenDataType type, const void *updates, void *out, const gint64 *offsets, gint64 n)
{
  switch (type) {
  case GEN_TYPE_FLOAT32:
    ADD_AT (float)
  case GEN_TYPE_FLOAT64:
    ADD_AT (double)
  case GEN_TYPE_INT32:
    ADD_AT (guint32)
  case GEN_TYPE_INT64:
    ADD_AT (guint64)
  default:
    return FALSE;
  }
}

/* `n` updates of a row from `column` on. */
static void
scatter (const Scatter *s, const GenKernel *kernel, gint64 row, gint64 column, gint64 n)
{
  const char *updates =
      (const char *)kernel->inputs[2] + (row * s->elements.n + column) * (gint64)s->size;
  const GenDataType types[3] = { s->type, s->type, s->type };
  /* Those along the axis may meet, and are combined one by one. */
  gint64 step = s->elements.axis == s->elements.rank - 1 ? 1 : n;
  gint64 offsets[GEN_INDICES_CHUNK], held[GEN_INDICES_CHUNK];

  gen_element_indices_offsets (&s->elements, kernel->inputs[1], row, column, n, offsets);
  if (s->row == NULL) {
    gen_indices_put (updates, kernel->outputs[0], offsets, n, s->size);
    return;
  }
  if (s->adds && add_at (s->type, updates, kernel->outputs[0], offsets, n))
    return;
  for (gint64 i = 0; i < n; i += step) {
    gen_indices_take (kernel->outputs[0], offsets + i, held, step, s->size);
    gen_binary_row_run (s->row, types, held, 1, updates + i * (gint64)s->size, 1, held, step);
    gen_indices_put (held, kernel->outputs[0], offsets + i, step, s->size);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Scatter *s = kernel->state;
  gsize row = 0, rows = s->elements.rows, column = 0, columns = s->elements.n;

  if (s->elements.axis == s->elements.rank - 1)
    gen_kernel_share (rows, 1, part, parts, &row, &rows);
  else
    gen_kernel_share (columns, 8, part, parts, &column, &columns);
  for (; row < rows; row++)
    for (gsize at = column; at < columns; at += GEN_INDICES_CHUNK)
      scatter (s, kernel, row, at, MIN (GEN_INDICES_CHUNK, columns - at));
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Scatter *s = g_new (Scatter, 1);

  kernel->state = s;
  kernel->free_state = g_free;
  s->type = x->type;
  s->size = gen_data_type_size (x->type);
  s->adds = strcmp (gen_node_string (node, "reduction", "none"), "add") == 0;
  if (!gen_indices_reduction (node, &s->row, error))
    return FALSE;
  gen_element_indices_init (&s->elements, node);
  gen_kernel_add_step (
      kernel, gen_indices_copy_data, gen_kernel_parts (kernel, gen_tensor_size (x), 0.1));
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, s->elements.rows * s->elements.n, 3));
  return TRUE;
}

/* Overwritten elements get nothing, and an update what its place gets. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const char *reduction = gen_node_string (g->node, "reduction", "none");
  GenTensor *indices = gen_node_input (g->node, 1), *dy = g->outputs[0];
  int axis = (int)gen_node_int (g->node, "axis", 0);

  if (*reduction != 'n' && *reduction != 'a')
    return gen_node_error (
        g->node, error, "it has no gradient for reduction '%s', only for none and add", reduction);
  if (g->needed[0]) {
    g->inputs[0] = dy;
    if (*reduction == 'n')
      g->inputs[0] = gen_graph_op (g->graph, "ScatterElements",
          (GenTensor *[]){ dy, indices, gen_graph_full (g->graph, &indices->shape, 0) }, 3, 1,
          error, "axis", GEN_INT, axis, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[2]) {
    g->inputs[2] = gen_graph_op (g->graph, "GatherElements", (GenTensor *[]){ dy, indices }, 2, 1,
        error, "axis", GEN_INT, axis, NULL);
    if (g->inputs[2] == NULL)
      return FALSE;
  }
  return TRUE;
}

#define OPERATOR(id, name_, since_, until_)                                                        \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = "Elements written to places along an axis that indices give",                       \
    .since = since_,                                                                               \
    .until = until_,                                                                               \
    .min_inputs = 3,                                                                               \
    .max_inputs = 3,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .infer = infer,                                                                                \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
  };

OPERATOR (scatter_elements, "ScatterElements", 11, 0)
OPERATOR (scatter, "Scatter", 9, 0)
