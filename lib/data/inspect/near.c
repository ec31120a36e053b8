/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "near.h"

#define BITS 64

typedef struct {
  guint64 fingerprint;
  guint32 id;
} Entry;

struct _GenNear {
  int distance;
  int n;              /* bands */
  GHashTable **bands; /* the value of a band to a GArray of Entry */
};

GenNear *
gen_near_new (int distance)
{
  GenNear *near = g_new0 (GenNear, 1);

  near->distance = distance;
  near->n = distance + 1;
  near->bands = g_new (GHashTable *, near->n);
  for (int b = 0; b < near->n; b++)
    near->bands[b] = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
  return near;
}

void
gen_near_free (GenNear *near)
{
  if (near == NULL)
    return;
  for (int b = 0; b < near->n; b++)
    g_hash_table_unref (near->bands[b]);
  g_free (near->bands);
  g_free (near);
}

static gpointer
band_of (const GenNear *near, guint64 fingerprint, int i)
{
  const int begin = i * BITS / near->n, end = (i + 1) * BITS / near->n;
  const guint64 value =
      end - begin == BITS ? fingerprint
                          : fingerprint >> begin & ((G_GUINT64_CONSTANT (1) << (end - begin)) - 1);

  /* Two halves of a whole fingerprint: equal values fall together, others hardly do. */
  return GUINT_TO_POINTER ((guint)(value ^ value >> 32));
}

void
gen_near_add (GenNear *near, guint64 fingerprint, guint32 id)
{
  const Entry entry = { fingerprint, id };

  for (int b = 0; b < near->n; b++) {
    gpointer band = band_of (near, fingerprint, b);
    GArray *entries = g_hash_table_lookup (near->bands[b], band);

    if (entries == NULL) {
      entries = g_array_new (FALSE, FALSE, sizeof (Entry));
      g_hash_table_insert (near->bands[b], band, entries);
    }
    g_array_append_val (entries, entry);
  }
}

void
gen_near_visit (const GenNear *near, guint64 fingerprint, GenNearVisit visit, gpointer data)
{
  for (int b = 0; b < near->n; b++) {
    const GArray *entries = g_hash_table_lookup (near->bands[b], band_of (near, fingerprint, b));

    for (guint i = 0; entries != NULL && i < entries->len; i++) {
      const Entry *entry = &g_array_index (entries, Entry, i);

      if (__builtin_popcountll (fingerprint ^ entry->fingerprint) <= near->distance)
        visit (entry->id, data);
    }
  }
}
