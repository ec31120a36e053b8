/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table with linear probing, at most half full. Which half is let go of hangs on the hash's upper
 * bits, where in the table something stands on its lower ones. */
#include "counts.h"

#include <math.h>
#include <string.h>

#define FIRST_SIZE 64
/* A table of that size is emptied, and a larger one let go of, when all begins anew. */
#define EMPTIED_SIZE 4096
/* What there may be of different ones at least, however often it was thinned. */
#define LEAST_MOST 1024
/* What makes up one of as many as there may be of different ones, divided by that, is frequent. So
 * the frequent ones are a hundredth of what may be kept. */
#define FREQUENT_SHARE 128
/* Bits of a hash that choose. */
#define HALVINGS_MOST 32

void
gen_counts_init (GenCounts *counts)
{
  *counts = (GenCounts){
    .table = g_new0 (GenCount, FIRST_SIZE), .size = FIRST_SIZE, .most = GEN_COUNTS_MOST
  };
}

void
gen_counts_clear (GenCounts *counts)
{
  g_clear_pointer (&counts->table, g_free);
}

void
gen_counts_reset (GenCounts *counts)
{
  if (counts->size > EMPTIED_SIZE) {
    const guint most = counts->most;

    gen_counts_clear (counts);
    gen_counts_init (counts);
    counts->most = most;
    return;
  }
  memset (counts->table, 0, counts->size * sizeof *counts->table);
  counts->used = counts->halvings = 0;
  counts->total = 0;
}

/* Its place, or the free one where it would stand. */
static GenCount *
find (const GenCounts *counts, guint64 hash)
{
  guint i = (guint)hash & (counts->size - 1);

  while (counts->table[i].hash != 0 && counts->table[i].hash != hash)
    i = (i + 1) & (counts->size - 1);
  return &counts->table[i];
}

static void
rebuild (GenCounts *counts, guint size)
{
  GenCount *old = counts->table;
  const guint old_size = counts->size;

  counts->table = g_new0 (GenCount, size);
  counts->size = size;
  for (guint i = 0; i < old_size; i++)
    if (old[i].hash != 0)
      *find (counts, old[i].hash) = old[i];
  g_free (old);
}

/* Whether the `n` uppermost bits are all 0. */
static gboolean
is_chosen (guint64 hash, guint8 n)
{
  return n == 0 || hash >> (64 - n) == 0;
}

static void
halve (GenCounts *counts)
{
  const guint64 bit = (guint64)1 << (63 - counts->halvings);
  const guint64 frequent = counts->total / (counts->most / FREQUENT_SHARE);

  counts->halvings++;
  for (guint i = 0; i < counts->size; i++) {
    GenCount *count = &counts->table[i];

    if (count->hash == 0 || count->count > frequent)
      continue;
    if (count->hash & bit) {
      count->hash = 0;
      counts->used--;
    } else {
      count->halvings++;
    }
  }
  rebuild (counts, counts->size);
}

void
gen_counts_add (GenCounts *counts, guint64 hash)
{
  GenCount *count;

  hash = MAX (hash, 1);
  count = find (counts, hash);
  counts->total++;
  if (count->hash != 0) {
    count->count++;
    return;
  }
  if (!is_chosen (hash, counts->halvings))
    return;
  *count = (GenCount){ hash, 1, counts->halvings };
  if (++counts->used > counts->most)
    halve (counts);
  else if (counts->used > counts->size / 2)
    rebuild (counts, counts->size * 2);
}

void
gen_counts_thin (GenCounts *counts)
{
  guint size = counts->size;

  counts->most = MAX (counts->most / 2, LEAST_MOST);
  while (counts->used > counts->most && counts->halvings < HALVINGS_MOST)
    halve (counts);
  while (size > FIRST_SIZE && size > 2 * counts->most)
    size /= 2;
  if (size < counts->size)
    rebuild (counts, size);
}

gsize
gen_counts_bytes (const GenCounts *counts)
{
  return counts->size * sizeof *counts->table;
}

double
gen_counts_kinds (const GenCounts *counts)
{
  double kinds = 0;

  for (guint i = 0; i < counts->size; i++)
    if (counts->table[i].hash != 0)
      kinds += ldexp (1, counts->table[i].halvings);
  return kinds;
}

double
gen_counts_entropy (const GenCounts *counts)
{
  double sum = 0;

  if (counts->total == 0)
    return 0;
  for (guint i = 0; i < counts->size; i++) {
    const GenCount *count = &counts->table[i];

    if (count->hash != 0)
      sum += ldexp ((double)count->count * log2 ((double)count->count), count->halvings);
  }
  return MAX (log2 ((double)counts->total) - sum / (double)counts->total, 0);
}
