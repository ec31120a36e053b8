/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readers of tensors: lists of nodes, a node as often as it reads the tensor. Graph outputs and
 * next values are readers without a node. */
#include "readers.h"

struct _GenReaders {
  GHashTable *by_tensor; /* GenTensor to GPtrArray of GenNode, NULL for what is no node */
};

static void
add (GenReaders *readers, GenTensor *tensor, GenNode *node)
{
  GPtrArray *list;

  if (tensor == NULL)
    return;
  list = g_hash_table_lookup (readers->by_tensor, tensor);
  if (list == NULL) {
    list = g_ptr_array_new ();
    g_hash_table_insert (readers->by_tensor, tensor, list);
  }
  g_ptr_array_add (list, node);
}

static void
take_away (GenReaders *readers, GenTensor *tensor, GenNode *node)
{
  if (tensor != NULL)
    g_ptr_array_remove_fast (g_hash_table_lookup (readers->by_tensor, tensor), node);
}

/* What is in a list is read with it. */
static void
keep_items (GenReaders *readers, const GenTensor *list)
{
  for (guint i = 0; list != NULL && list->items != NULL && i < list->items->len; i++) {
    GenTensor *item = g_ptr_array_index (list->items, i);

    add (readers, item, NULL);
    keep_items (readers, item);
  }
}

GenReaders *
gen_readers_new (GenGraph *graph)
{
  GenReaders *readers = g_new0 (GenReaders, 1);

  readers->by_tensor = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++) {
      add (readers, gen_node_input (node, k), node);
      keep_items (readers, gen_node_input (node, k));
    }
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    add (readers, g_ptr_array_index (graph->outputs, i), NULL);
  for (guint i = 0; i < graph->tensors->len; i++)
    add (readers, ((GenTensor *)g_ptr_array_index (graph->tensors, i))->next, NULL);
  return readers;
}

void
gen_readers_free (GenReaders *readers)
{
  g_hash_table_unref (readers->by_tensor);
  g_free (readers);
}

guint
gen_readers_count (const GenReaders *readers, const GenTensor *tensor)
{
  const GPtrArray *list = g_hash_table_lookup (readers->by_tensor, tensor);

  return list != NULL ? list->len : 0;
}

GenNode *
gen_readers_only (const GenReaders *readers, const GenTensor *tensor)
{
  const GPtrArray *list = g_hash_table_lookup (readers->by_tensor, tensor);

  return list != NULL && list->len == 1 ? g_ptr_array_index (list, 0) : NULL;
}

void
gen_readers_sweep (GenReaders *readers, GenTensor *tensor)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  for (g_ptr_array_add (left, tensor); left->len > 0;) {
    GenTensor *last = g_ptr_array_remove_index_fast (left, left->len - 1);
    GenNode *node = last != NULL ? last->producer : NULL;

    if (node == NULL || node->outputs->len != 1 || gen_node_output (node, 0) != last ||
        gen_readers_count (readers, last) > 0)
      continue;
    for (guint k = 0; k < node->inputs->len; k++)
      g_ptr_array_add (left, gen_node_input (node, k));
    node->outputs->pdata[0] = NULL;
    gen_readers_drop (readers, node);
  }
}

gboolean
gen_readers_all_in (const GenReaders *readers, const GenTensor *tensor, GHashTable *set)
{
  const GPtrArray *list = g_hash_table_lookup (readers->by_tensor, tensor);

  for (guint i = 0; list != NULL && i < list->len; i++)
    if (!g_hash_table_contains (set, g_ptr_array_index (list, i)))
      return FALSE;
  return list != NULL && list->len > 0;
}

gboolean
gen_readers_is_kept (const GenReaders *readers, const GenTensor *tensor)
{
  GPtrArray *list = g_hash_table_lookup (readers->by_tensor, tensor);

  return list != NULL && g_ptr_array_find (list, NULL, NULL);
}

void
gen_readers_set_input (GenReaders *readers, GenNode *node, guint k, GenTensor *tensor)
{
  if (node->inputs->len <= k)
    g_ptr_array_set_size (node->inputs, k + 1);
  take_away (readers, gen_node_input (node, k), node);
  node->inputs->pdata[k] = tensor;
  add (readers, tensor, node);
}

void
gen_readers_drop (GenReaders *readers, GenNode *node)
{
  for (guint k = 0; k < node->inputs->len; k++)
    take_away (readers, gen_node_input (node, k), node);
  g_ptr_array_set_size (node->inputs, 0);
}

void
gen_readers_replace (GenReaders *readers, GenTensor *from, GenTensor *to)
{
  GPtrArray *list = g_hash_table_lookup (readers->by_tensor, from);

  while (list != NULL && list->len > 0) {
    GenNode *node = g_ptr_array_index (list, list->len - 1);

    for (guint k = 0; k < node->inputs->len; k++)
      if (g_ptr_array_index (node->inputs, k) == from)
        gen_readers_set_input (readers, node, k, to);
  }
}

void
gen_node_take_output (GenReaders *readers, GenNode *node, GenNode *next)
{
  GenTensor *output = gen_node_output (next, 0);

  output->producer = node;
  node->outputs->pdata[0] = output;
  next->outputs->pdata[0] = NULL;
  gen_readers_drop (readers, next);
}
