/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/convert.h>

#include "../graph/graph-private.h"

#define RANK 4

/* Extent `order[i]` of what was becomes extent `i`. */
static const gint64 to_last[RANK] = { 0, 2, 3, 1 }, to_first[RANK] = { 0, 3, 1, 2 };

static void
permute (const GenTensor *from, const gint64 *order, GenTensor *to)
{
  to->type = from->type;
  to->shape.rank = RANK;
  for (int d = 0; d < RANK; d++) {
    to->shape.dims[d] = from->shape.dims[order[d]];
    to->dim_names[d] = g_strdup (from->dim_names[order[d]]);
  }
}

static GenNode *
add_transpose (GenGraph *graph, GenTensor *from, GenTensor *to, const gint64 *order, GError **error)
{
  GenNode *node = gen_graph_add_node (graph, "", NULL, "Transpose",
      graph->nodes->len > 0 ? ((const GenNode *)graph->nodes->pdata[0])->opset : graph->opset,
      &from, 1, &to, 1, error);

  if (node != NULL)
    gen_node_set_ints (node, "perm", order, RANK);
  return node;
}

/* The tensor that stood at the end of the graph is one within it then, of another name. */
static gboolean
turn_input (GenGraph *graph, GenTensor *port, const gint64 *order, const gint64 *back, guint at,
    GError **error)
{
  g_autofree char *name = g_strdup (port->name);
  g_autofree char *within = g_strconcat (port->name, ".turned", NULL);
  GenTensor *end;

  gen_graph_rename (graph, port, within);
  end = gen_graph_add_input (graph, name, port->type, &port->shape);
  permute (port, order, end);
  g_ptr_array_remove (graph->inputs, end);
  graph->inputs->pdata[at] = end;
  port->role = GEN_ROLE_VALUE;
  return add_transpose (graph, end, port, back, error) != NULL;
}

static gboolean
turn_output (GenGraph *graph, GenTensor *port, const gint64 *order, guint at, GError **error)
{
  g_autofree char *name = g_strdup (port->name);
  g_autofree char *within = g_strconcat (port->name, ".turned", NULL);
  GenTensor *end;

  gen_graph_rename (graph, port, within);
  end = gen_graph_add_value (graph, name);
  permute (port, order, end);
  graph->outputs->pdata[at] = end;
  return add_transpose (graph, port, end, order, error) != NULL;
}

gboolean
gen_graph_turn_port (GenGraph *graph, GenTensor *port, gboolean channels_last, GError **error)
{
  const gint64 *order = channels_last ? to_last : to_first;
  const gint64 *back = channels_last ? to_first : to_last;
  gboolean turned = FALSE;
  guint at;

  if (port->kind != GEN_KIND_TENSOR || port->shape.rank != RANK) {
    g_autofree char *shape = gen_shape_to_string (&port->shape);

    g_set_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_SETTING,
        "'%s' is %s: only what has four extents can be laid out otherwise", port->name, shape);
    return FALSE;
  }
  if (g_ptr_array_find (graph->inputs, port, &at))
    turned = turn_input (graph, port, order, back, at, error);
  else if (g_ptr_array_find (graph->outputs, port, &at))
    turned = turn_output (graph, port, order, at, error);
  else
    g_set_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_SETTING,
        "'%s' is neither an input nor an output", port->name);
  if (turned)
    gen_graph_sort (graph);
  return turned;
}
