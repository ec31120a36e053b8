/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A row of a graph's nodes as a graph of its own: what a stage of a session is made of. */
#include "graph-private.h"

static void
add_with_items (GHashTable *set, GenTensor *tensor)
{
  if (tensor == NULL || !g_hash_table_add (set, tensor) || tensor->items == NULL)
    return;
  for (guint i = 0; i < tensor->items->len; i++)
    add_with_items (set, g_ptr_array_index (tensor->items, i));
}

/* The tensors that the nodes [first, end) read, as they are in the graph, with what lists hold. */
static GHashTable *
read_by (const GenGraph *graph, guint first, guint end)
{
  GHashTable *read = g_hash_table_new (NULL, NULL);

  for (guint i = first; i < end; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      add_with_items (read, g_ptr_array_index (node->inputs, k));
  }
  return read;
}

/* What others want of the nodes [first, end): the graph's outputs, and what later nodes read. */
static GPtrArray *
find_outputs (const GenGraph *graph, guint first, guint end)
{
  g_autoptr (GHashTable) later = read_by (graph, end, graph->nodes->len);
  g_autoptr (GPtrArray) ends = g_ptr_array_new ();
  GPtrArray *outputs = g_ptr_array_new ();

  for (guint i = 0; i < graph->outputs->len; i++)
    gen_tensor_flatten (g_ptr_array_index (graph->outputs, i), ends);
  for (guint i = 0; i < ends->len; i++) {
    GenTensor *tensor = g_ptr_array_index (ends, i);

    if (tensor->role == GEN_ROLE_CONSTANT && first == 0 &&
        !g_ptr_array_find (outputs, tensor, NULL))
      g_ptr_array_add (outputs, tensor);
    if (tensor->role == GEN_ROLE_VALUE)
      g_hash_table_add (later, tensor);
  }
  for (guint i = first; i < end; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *tensor = g_ptr_array_index (node->outputs, k);

      if (tensor != NULL && tensor->producer == node && g_hash_table_contains (later, tensor))
        g_ptr_array_add (outputs, tensor);
    }
  }
  return outputs;
}

static void
forget_nodes (GenGraph *graph, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *tensor = g_ptr_array_index (node->outputs, k);

      if (tensor != NULL && tensor->producer == node)
        tensor->producer = NULL;
    }
  }
  if (n > 0)
    g_ptr_array_remove_range (graph->nodes, first, n);
}

/* Tensors that the graph's nodes and ends do not know: copies of the graph need not carry them. */
static void
drop_unused (GenGraph *graph)
{
  g_autoptr (GHashTable) used = read_by (graph, 0, graph->nodes->len);
  const GPtrArray *ends[] = { graph->inputs, graph->outputs };

  for (guint k = 0; k < G_N_ELEMENTS (ends); k++)
    for (guint i = 0; i < ends[k]->len; i++)
      add_with_items (used, g_ptr_array_index (ends[k], i));
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++)
      g_hash_table_add (used, g_ptr_array_index (node->outputs, k));
    for (guint k = 0; k < node->attributes->len; k++)
      g_hash_table_add (used, ((GenAttribute *)g_ptr_array_index (node->attributes, k))->tensor);
  }
  for (guint i = graph->tensors->len; i > 0; i--) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i - 1);

    if (g_hash_table_contains (used, tensor))
      continue;
    g_hash_table_remove (graph->by_name, tensor->name);
    g_ptr_array_remove_index_fast (graph->tensors, i - 1);
  }
}

GenGraph *
gen_graph_cut (const GenGraph *graph, guint first, guint end)
{
  GenGraph *cut = gen_graph_copy (graph);
  g_autoptr (GPtrArray) outputs = find_outputs (cut, first, end);
  g_autoptr (GHashTable) read = NULL;

  g_ptr_array_set_size (cut->outputs, 0);
  g_ptr_array_extend (cut->outputs, outputs, NULL, NULL);
  forget_nodes (cut, end, cut->nodes->len - end);
  forget_nodes (cut, 0, first);
  gen_graph_remove_dead (cut);
  read = read_by (cut, 0, cut->nodes->len);
  g_ptr_array_set_size (cut->inputs, 0);
  for (guint i = 0; i < cut->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (cut->tensors, i);

    if (!g_hash_table_contains (read, tensor) || tensor->producer != NULL ||
        tensor->role == GEN_ROLE_CONSTANT || tensor->items != NULL)
      continue;
    tensor->role = GEN_ROLE_INPUT;
    g_ptr_array_add (cut->inputs, tensor);
  }
  drop_unused (cut);
  return cut;
}
