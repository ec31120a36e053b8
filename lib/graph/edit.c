/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small changes that the passes are made of. */
#include "graph-private.h"

guint
gen_graph_count_uses (const GenGraph *graph, const GenTensor *tensor)
{
  guint uses = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      uses += g_ptr_array_index (node->inputs, k) == tensor;
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    uses += g_ptr_array_index (graph->outputs, i) == tensor;
  for (guint i = 0; i < graph->tensors->len; i++)
    uses += ((GenTensor *)g_ptr_array_index (graph->tensors, i))->next == tensor;
  return uses;
}

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
