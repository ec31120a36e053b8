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

static void
find_same (GenDataItem *items, guint32 n)
{
  g_autoptr (GHashTable) first = g_hash_table_new (hash_digest, equal_digests);

  for (guint32 i = 0; i < n; i++) {
    gpointer index;

    if (items[i].error != NULL)
      continue;
    if (g_hash_table_lookup_extended (first, items[i].digest, NULL, &index))
      items[i].duplicate_of = GPOINTER_TO_UINT (index);
    else
      g_hash_table_insert (first, items[i].digest, GUINT_TO_POINTER (i));
  }
}

static void
take_first (guint32 id, gpointer data)
{
  guint32 *first = data;

  *first = MIN (*first, id);
}

void
gen_data_find_duplicates (GenDataItem *items, guint32 n, int distance)
{
  g_autoptr (GenNear) kept = NULL;

  find_same (items, n);
  if (distance < 0)
    return;
  kept = gen_near_new (distance);
  for (guint32 i = 0; i < n; i++) {
    if (!items[i].has_fingerprint || items[i].duplicate_of != GEN_DATA_NONE)
      continue;
    gen_near_visit (kept, items[i].fingerprint, take_first, &items[i].near_of);
    if (items[i].near_of == GEN_DATA_NONE)
      gen_near_add (kept, items[i].fingerprint, i);
  }
}
