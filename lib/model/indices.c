/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs whose numbers choose from something: speakers, classes, symbols. Gather takes the nearest
 * slice for an index out of range, which is not what anybody meant; here it can still be told. */
#include <string.h>

#include "parts.h"

/* What makes the same numbers of input 0. */
static const char *const passes[] = { "Identity", "Cast", "Reshape", "Flatten", "Squeeze",
  "Unsqueeze", NULL };

static gboolean
is_gather (const GenNode *node)
{
  return node->op->domain == NULL && strcmp (node->op->name, "Gather") == 0;
}

/* How many slices `node`, a Gather, takes from; 0 where that is not known. */
static gint64
count_slices (const GenNode *node)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  const int axis = shape->rank > 0 ? gen_axis (gen_node_int (node, "axis", 0), shape->rank) : -1;

  return axis >= 0 ? MAX (shape->dims[axis], 0) : 0;
}

/* The fewest of all that an input chooses from. */
static void
note (GenPort *port, gint64 choices)
{
  if (choices > 0 && (port->choices == 0 || choices < port->choices))
    port->choices = choices;
}

void
gen_indices_find (GenModel *model)
{
  const GenGraph *graph = model->graph;
  g_autoptr (GHashTable) ports = g_hash_table_new (NULL, NULL); /* of tensors with their numbers */

  for (guint i = 0; i < graph->inputs->len; i++)
    g_hash_table_insert (ports, g_ptr_array_index (graph->inputs, i), &model->inputs[i]);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    const gboolean gathers = is_gather (node);
    GenPort *port = g_hash_table_lookup (ports, gen_node_input (node, gathers ? 1 : 0));

    if (port != NULL && gathers)
      note (port, count_slices (node));
    else if (port != NULL && g_strv_contains (passes, node->op->name))
      g_hash_table_insert (ports, gen_node_output (node, 0), port);
  }
}
