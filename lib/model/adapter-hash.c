/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which weights a net has, whatever file they are in: exporters and our own writer name and order
 * constants as they like, and write equal ones once or several times. */
#include "adapter-private.h"

#include <string.h>

#include "../device/shared.h"

static gboolean
is_float (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_FLOAT64 ||
         type == GEN_TYPE_BFLOAT16;
}

/* (transfer full) */
static char *
hash_tensor (const GenTensor *tensor)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const guchar *data = g_bytes_get_data (tensor->data, NULL);
  gsize left = g_bytes_get_size (tensor->data);
  const gint64 kind[] = { GINT64_TO_LE (tensor->type), GINT64_TO_LE (tensor->shape.rank) };

  g_checksum_update (checksum, (const guchar *)kind, sizeof kind);
  for (int d = 0; d < tensor->shape.rank; d++) {
    const gint64 extent = GINT64_TO_LE (tensor->shape.dims[d]);

    g_checksum_update (checksum, (const guchar *)&extent, sizeof extent);
  }
  while (left > 0) {
    const gsize n = MIN (left, G_MAXINT32);

    g_checksum_update (checksum, data, (gssize)n);
    data += n;
    left -= n;
  }
  return g_strdup (g_checksum_get_string (checksum));
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* What equal numbers have in common that are several tensors. */
static void
add (GPtrArray *hashes, GHashTable *known, GenTensor *tensor)
{
  char *hash;

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT || !is_float (tensor->type) ||
      gen_shape_elements (&tensor->shape) < 2 || !g_hash_table_add (known, tensor))
    return;
  hash = hash_tensor (tensor);
  if (g_ptr_array_find_with_equal_func (hashes, hash, g_str_equal, NULL))
    g_free (hash);
  else
    g_ptr_array_add (hashes, hash);
}

char *
gen_adapter_hash (const GenGraph *graph)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GPtrArray) hashes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      add (hashes, known, gen_node_input (node, k));
  }
  g_ptr_array_sort (hashes, compare);
  for (guint i = 0; i < hashes->len; i++)
    g_checksum_update (checksum, g_ptr_array_index (hashes, i), -1);
  return g_strdup (g_checksum_get_string (checksum));
}

GBytes *
gen_adapter_hash_of_files (const GenGraph *graph)
{
  const GenSharedKey key = { { graph->stamp, [5] = 2 } };
  g_autoptr (GBytes) own = NULL;
  GBytes *known = graph->stamp != 0 ? gen_shared_find (&key) : NULL;
  char *hash;

  if (known != NULL)
    return known;
  hash = gen_adapter_hash (graph);
  own = g_bytes_new_take (hash, strlen (hash) + 1);
  return graph->stamp != 0 ? gen_shared_add (&key, own) : g_steal_pointer (&own);
}
