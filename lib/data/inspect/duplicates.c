/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items that are there more than once. What is near to one that is kept is not kept itself: chains
 * do not grow. */
#include "inspect-private.h"
#include "near.h"

#include <string.h>

static guint
hash_digest (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
equal_digests (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, GEN_DATA_DIGEST) == 0;
}

static gboolean
is_out (const gboolean *left_out, guint32 index)
{
  return left_out != NULL && left_out[index];
}

static void
find_same (const GenDataItem *items, const gboolean *left_out, guint32 n, GenDataTwin *twins)
{
  g_autoptr (GHashTable) first = g_hash_table_new (hash_digest, equal_digests);

  for (guint32 i = 0; i < n; i++) {
    gpointer index;

    if (items[i].error != NULL || is_out (left_out, i))
      continue;
    if (g_hash_table_lookup_extended (first, items[i].digest, NULL, &index))
      twins[i].same = GPOINTER_TO_UINT (index);
    else
      g_hash_table_insert (first, (gpointer)items[i].digest, GUINT_TO_POINTER (i));
  }
}

static void
take_first (guint32 id, gpointer data)
{
  guint32 *first = data;

  *first = MIN (*first, id);
}

void
gen_data_find_twins (
    const GenDataItem *items, const gboolean *left_out, guint32 n, int distance, GenDataTwin *twins)
{
  g_autoptr (GenNear) kept = NULL;

  for (guint32 i = 0; i < n; i++)
    twins[i] = (GenDataTwin){ GEN_DATA_NONE, GEN_DATA_NONE };
  find_same (items, left_out, n, twins);
  if (distance < 0)
    return;
  kept = gen_near_new (distance);
  for (guint32 i = 0; i < n; i++) {
    if (!items[i].has_fingerprint || twins[i].same != GEN_DATA_NONE || is_out (left_out, i))
      continue;
    gen_near_visit (kept, items[i].fingerprint, take_first, &twins[i].near);
    if (twins[i].near == GEN_DATA_NONE)
      gen_near_add (kept, items[i].fingerprint, i);
  }
}
