/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences and optionals: lists of tensors that inference knows, so that no kernel has to. */
#include <generative/operator.h>

#include "graph-private.h"

/* All lists of a graph together: a loop that adds to a sequence makes one list an iteration. */
#define MAX_ITEMS ((gsize)1 << 22)

GenTensor *
gen_graph_add_items (
    GenGraph *graph, GenKind kind, GenTensor *const *items, guint n, GError **error)
{
  GenTensor *list;

  if (graph->n_items + n > MAX_ITEMS) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
        "the graph's sequences have too many tensors");
    return NULL;
  }
  graph->n_items += n;
  list = gen_graph_add_value (graph, NULL);
  list->kind = kind;
  list->items = g_ptr_array_sized_new (n);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (list->items, items[i]);
  if (n > 0) {
    list->type = items[0]->type;
    list->holds = items[0]->kind;
  }
  return list;
}

void
gen_tensor_share_items (GenTensor *to, const GenTensor *from)
{
  to->kind = from->kind;
  to->holds = from->holds;
  to->type = from->type;
  to->producer = NULL;
  g_clear_pointer (&to->items, g_ptr_array_unref);
  to->items = g_ptr_array_ref (from->items);
}

void
gen_tensor_flatten (GenTensor *tensor, GPtrArray *into)
{
  if (tensor->items == NULL) {
    g_ptr_array_add (into, tensor);
    return;
  }
  for (guint i = 0; i < tensor->items->len; i++)
    gen_tensor_flatten (g_ptr_array_index (tensor->items, i), into);
}

void
gen_graph_flatten_outputs (GenGraph *graph)
{
  g_autoptr (GPtrArray) flat = g_ptr_array_new ();

  for (guint i = 0; i < graph->outputs->len; i++)
    gen_tensor_flatten (g_ptr_array_index (graph->outputs, i), flat);
  g_ptr_array_set_size (graph->outputs, 0);
  g_ptr_array_extend (graph->outputs, flat, NULL, NULL);
}

gboolean
gen_node_has_items (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL && input->kind != GEN_KIND_TENSOR)
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_graph_expand_input (GenGraph *graph, GenTensor *input, guint n, GError **error)
{
  gboolean nested = input->kind == GEN_KIND_OPTIONAL && input->holds == GEN_KIND_SEQUENCE;
  guint at;

  g_return_val_if_fail (g_ptr_array_find (graph->inputs, input, &at), FALSE);
  if (input->kind == GEN_KIND_TENSOR || (input->kind == GEN_KIND_OPTIONAL && n > 1) ||
      graph->n_items + n > MAX_ITEMS) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "input '%s' does not hold %u %s",
        input->name, n, input->kind == GEN_KIND_TENSOR ? "items: it is a tensor" : "items");
    return FALSE;
  }
  graph->n_items += n;
  input->items = g_ptr_array_sized_new (n);
  input->role = GEN_ROLE_VALUE;
  g_ptr_array_remove_index (graph->inputs, at);
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%s[%u]", input->name, i);
    GenTensor *item = gen_graph_add_input (graph, name, input->type, &GEN_SHAPE_UNKNOWN);

    item->kind = nested ? GEN_KIND_SEQUENCE : GEN_KIND_TENSOR;
    g_ptr_array_add (input->items, item);
    g_ptr_array_insert (
        graph->inputs, at + i, g_ptr_array_steal_index (graph->inputs, graph->inputs->len - 1));
  }
  return TRUE;
}
