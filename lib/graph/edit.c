/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small changes that the passes are made of. */
#include <string.h>

#include "graph-private.h"

void
gen_graph_replace (GenGraph *graph, GenTensor *from, GenTensor *to)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (g_ptr_array_index (node->inputs, k) == from)
        node->inputs->pdata[k] = to;
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    if (g_ptr_array_index (graph->outputs, i) == from)
      graph->outputs->pdata[i] = to;
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->next == from)
      tensor->next = to;
    for (guint k = 0; tensor->items != NULL && k < tensor->items->len; k++)
      if (g_ptr_array_index (tensor->items, k) == from)
        tensor->items->pdata[k] = to;
  }
}

void
gen_graph_take_back (GenGraph *graph, guint first)
{
  for (guint i = first; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *output = g_ptr_array_index (node->outputs, k);

      if (output != NULL && output->producer == node)
        output->producer = NULL;
    }
  }
  g_ptr_array_set_size (graph->nodes, (int)first);
}

/* A list is as live as what is in it. */
static void
mark_live (GHashTable *live, GenTensor *tensor)
{
  if (!g_hash_table_add (live, tensor) || tensor->items == NULL)
    return;
  for (guint i = 0; i < tensor->items->len; i++)
    mark_live (live, g_ptr_array_index (tensor->items, i));
}

void
gen_graph_remove_dead (GenGraph *graph)
{
  g_autoptr (GHashTable) live = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->outputs->len; i++)
    mark_live (live, g_ptr_array_index (graph->outputs, i));
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->next != NULL)
      g_hash_table_add (live, tensor->next);
  }
  for (guint i = graph->nodes->len; i > 0; i--) {
    GenNode *node = g_ptr_array_index (graph->nodes, i - 1);
    gboolean needed = FALSE;

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *output = g_ptr_array_index (node->outputs, k);

      needed |= output != NULL && output->producer == node && g_hash_table_contains (live, output);
    }
    if (!needed) {
      g_ptr_array_remove_index (graph->nodes, i - 1);
      continue;
    }
    for (guint k = 0; k < node->inputs->len; k++)
      if (g_ptr_array_index (node->inputs, k) != NULL)
        mark_live (live, g_ptr_array_index (node->inputs, k));
    /* An optional output that nobody reads need not be made. */
    for (guint k = node->op->min_outputs; k < node->outputs->len; k++)
      if (!g_hash_table_contains (live, g_ptr_array_index (node->outputs, k)))
        node->outputs->pdata[k] = NULL;
  }
}

/* Put the nodes that make what `node` reads in front of it, and it behind them. */
static void
visit (GenNode *node, GHashTable *left, GPtrArray *path, GPtrArray *sorted)
{
  g_ptr_array_add (path, node);
  while (path->len > 0) {
    GenNode *last = g_ptr_array_index (path, path->len - 1);
    guint length = path->len;

    for (guint k = 0; k < last->inputs->len && path->len == length; k++) {
      const GenTensor *input = gen_node_input (last, k);

      if (input != NULL && input->producer != NULL && input->producer != last &&
          g_hash_table_contains (left, input->producer))
        g_ptr_array_add (path, input->producer);
    }
    if (path->len > length)
      continue;
    g_ptr_array_set_size (path, length - 1);
    if (g_hash_table_remove (left, last))
      g_ptr_array_add (sorted, last);
  }
}

void
gen_graph_sort (GenGraph *graph)
{
  g_autoptr (GHashTable) left = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  GPtrArray *sorted = g_ptr_array_sized_new (graph->nodes->len);

  for (guint i = 0; i < graph->nodes->len; i++)
    g_hash_table_add (left, g_ptr_array_index (graph->nodes, i));
  for (guint i = 0; i < graph->nodes->len; i++)
    if (g_hash_table_contains (left, g_ptr_array_index (graph->nodes, i)))
      visit (g_ptr_array_index (graph->nodes, i), left, path, sorted);
  if (sorted->len > 0)
    memcpy (graph->nodes->pdata, sorted->pdata, sorted->len * sizeof (gpointer));
  g_ptr_array_unref (sorted);
}
