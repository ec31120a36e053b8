/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of constants: aligned when they are asked for, given up when nobody reads them any
 * more, and else shared with the other plans of the process. Done layer by layer, so that a model
 * is in memory once while it is compiled, and not as file, as constants and packed. */
#include "constants.h"

#include <string.h>
#include <sys/mman.h>

#include "../device/shared.h"

/* Bytes of mapped files that may have been read before they are given back. */
#define MOST_READ (8 << 20)

static gboolean
is_aligned (const GenTensor *tensor, const void *data)
{
  return (guintptr)data % MAX (gen_data_type_size (tensor->type), 1) == 0;
}

const void *
gen_tensor_constant (const GenTensor *tensor)
{
  const void *data;
  void *copy;
  gsize size;

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT)
    return NULL;
  data = g_bytes_get_data (tensor->data, &size);
  if (is_aligned (tensor, data))
    return data;
  copy = gen_shared_alloc (size);
  memcpy (copy, data, size);
  g_bytes_unref (tensor->data);
  ((GenTensor *)tensor)->data = gen_shared_keep (copy, size);
  return copy;
}

gboolean
gen_tensor_ints (const GenTensor *tensor, gint64 *values, int max, int *n)
{
  const void *data = gen_tensor_constant (tensor);
  gint64 count;

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT)
    return FALSE;
  count = gen_shape_elements (&tensor->shape);
  if (count > max || (count > 0 && data == NULL))
    return FALSE;
  for (gint64 i = 0; i < count; i++) {
    if (tensor->type == GEN_TYPE_INT64)
      memcpy (&values[i], (const gint64 *)data + i, sizeof (gint64));
    else if (tensor->type == GEN_TYPE_INT32)
      values[i] = ((const gint32 *)data)[i];
    else
      return FALSE;
  }
  *n = count;
  return TRUE;
}

void
gen_tensor_give_up (GenTensor *tensor)
{
  g_bytes_unref (tensor->data);
  tensor->data = g_bytes_new_static (NULL, 0);
}

static guint
count (GHashTable *readers, const GenTensor *tensor)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (readers, tensor));
}

static void
add_reader (GHashTable *readers, GenTensor *tensor)
{
  if (tensor != NULL)
    g_hash_table_insert (readers, tensor, GUINT_TO_POINTER (count (readers, tensor) + 1));
}

/* How often each tensor is read: by outputs, states, nodes and their attributes. */
static GHashTable *
count_readers (const GenGraph *graph)
{
  GHashTable *readers = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->outputs->len; i++)
    add_reader (readers, g_ptr_array_index (graph->outputs, i));
  for (guint i = 0; i < graph->tensors->len; i++)
    add_reader (readers, ((GenTensor *)g_ptr_array_index (graph->tensors, i))->next);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      add_reader (readers, gen_node_input (node, k));
    for (guint k = 0; k < node->attributes->len; k++)
      add_reader (readers, ((GenAttribute *)g_ptr_array_index (node->attributes, k))->tensor);
  }
  return readers;
}

static void
drop (GenGraph *graph, GHashTable *readers)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT && count (readers, tensor) == 0)
      gen_tensor_give_up (tensor);
  }
}

void
gen_graph_drop_constants (GenGraph *graph)
{
  g_autoptr (GHashTable) readers = count_readers (graph);

  drop (graph, readers);
}

static gboolean
is_in (GBytes *bytes, const guint8 *data)
{
  gsize size;
  const guint8 *first = g_bytes_get_data (bytes, &size);

  return data >= first && data < first + size;
}

static gboolean
is_mapped (const GenGraph *graph, const guint8 *data)
{
  for (guint i = 0; i < graph->mapped->len; i++)
    if (is_in (g_ptr_array_index (graph->mapped, i), data))
      return TRUE;
  return FALSE;
}

void
gen_graph_release_mapped (const GenGraph *graph, gsize size)
{
  for (guint i = 0; size >= MOST_READ && i < graph->mapped->len; i++) {
    gsize all;
    const void *data = g_bytes_get_data (g_ptr_array_index (graph->mapped, i), &all);

    madvise ((void *)data, all, MADV_DONTNEED);
  }
}

void
gen_constants_init (GenConstants *constants, GenGraph *graph)
{
  *constants = (GenConstants){ graph, count_readers (graph), 0 };
  drop (graph, constants->readers);
  gen_graph_release_mapped (graph, G_MAXSIZE);
}

void
gen_constants_packed (GenConstants *constants, const GenNode *node, guint packed_inputs)
{
  for (guint k = 0; k < 32 && packed_inputs >> k != 0; k++) {
    GenTensor *tensor = gen_node_input (node, k);
    guint readers;

    if ((packed_inputs >> k & 1) == 0 || tensor == NULL)
      continue;
    constants->read += gen_tensor_size (tensor);
    readers = count (constants->readers, tensor) - 1;
    g_hash_table_insert (constants->readers, tensor, GUINT_TO_POINTER (readers));
    if (readers == 0)
      gen_tensor_give_up (tensor);
  }
  gen_graph_release_mapped (constants->graph, constants->read);
  if (constants->read >= MOST_READ)
    constants->read = 0;
}

/* What kernels read of it at each run, unless it can be left in a mapped file. */
static void
share (const GenGraph *graph, GenTensor *tensor)
{
  gsize size;
  const void *data = g_bytes_get_data (tensor->data, &size);
  void *copy;

  if (size < GEN_LARGE_CONSTANT || (is_aligned (tensor, data) && is_mapped (graph, data)))
    return;
  copy = gen_shared_alloc (size);
  memcpy (copy, data, size);
  g_bytes_unref (tensor->data);
  tensor->data = gen_shared_take (copy, size);
}

void
gen_constants_finish (GenConstants *constants)
{
  GenGraph *graph = constants->graph;

  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT)
      share (graph, tensor);
  }
  gen_graph_release_mapped (graph, G_MAXSIZE);
  g_clear_pointer (&constants->readers, g_hash_table_unref);
}
