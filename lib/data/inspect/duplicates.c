/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items that are there more than once.
 *
 * Near ones: fingerprints are cut into one band more than bits may differ, so that at least one
 * band of two near ones is the same, and only those that share one are compared (Manku, Jain and
 * Sarma 2007). What is near to one that is kept is not kept itself: chains do not grow. */
#include "inspect-private.h"

#include <string.h>

#define BITS 64

typedef struct {
  int n;              /* bands */
  GHashTable **bands; /* the value of a band to a GArray of guint32, the items kept */
} Bands;

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

static gpointer
band_of (const Bands *bands, guint64 fingerprint, int i)
{
  const int begin = i * BITS / bands->n, end = (i + 1) * BITS / bands->n;
  const guint64 value =
      end - begin == BITS ? fingerprint
                          : fingerprint >> begin & ((G_GUINT64_CONSTANT (1) << (end - begin)) - 1);

  /* Two halves of a whole fingerprint: equal values fall together, others hardly do. */
  return GUINT_TO_POINTER ((guint)(value ^ value >> 32));
}

static guint32
find_near (const Bands *bands, const GenDataItem *items, guint32 index, int distance)
{
  const guint64 fingerprint = items[index].fingerprint;
  guint32 nearest = GEN_DATA_NONE;

  for (int b = 0; b < bands->n; b++) {
    const GArray *kept = g_hash_table_lookup (bands->bands[b], band_of (bands, fingerprint, b));

    for (guint i = 0; kept != NULL && i < kept->len; i++) {
      const guint32 other = g_array_index (kept, guint32, i);

      if (other < nearest &&
          __builtin_popcountll (fingerprint ^ items[other].fingerprint) <= distance)
        nearest = other;
    }
  }
  return nearest;
}

static void
keep (const Bands *bands, const GenDataItem *items, guint32 index)
{
  for (int b = 0; b < bands->n; b++) {
    gpointer band = band_of (bands, items[index].fingerprint, b);
    GArray *kept = g_hash_table_lookup (bands->bands[b], band);

    if (kept == NULL) {
      kept = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_hash_table_insert (bands->bands[b], band, kept);
    }
    g_array_append_val (kept, index);
  }
}

void
gen_data_find_duplicates (GenDataItem *items, guint32 n, int distance)
{
  g_autofree GHashTable **tables = NULL;
  Bands bands = { .n = distance + 1 };

  find_same (items, n);
  if (distance < 0)
    return;
  tables = bands.bands = g_new (GHashTable *, bands.n);
  for (int b = 0; b < bands.n; b++)
    tables[b] = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
  for (guint32 i = 0; i < n; i++) {
    if (!items[i].has_fingerprint || items[i].duplicate_of != GEN_DATA_NONE)
      continue;
    items[i].near_of = find_near (&bands, items, i, distance);
    if (items[i].near_of == GEN_DATA_NONE)
      keep (&bands, items, i);
  }
  for (int b = 0; b < bands.n; b++)
    g_hash_table_unref (tables[b]);
}
