/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/feature-rows.h>

#include <string.h>

#include "../simd.h"

#define STRANDS 16
/* Room for the first rows: bytes, and rows. */
#define FIRST_BYTES (64 * 1024)
#define FIRST_ROOM 64

void
gen_feature_rows_init (GenFeatureRows *rows, guint most, guint64 seed, const char *stream)
{
  *rows = (GenFeatureRows){ .most = most, .random = gen_random_new (seed, stream, 0) };
}

void
gen_feature_rows_clear (GenFeatureRows *rows)
{
  g_clear_pointer (&rows->data, g_free);
  rows->n = rows->room = 0;
}

/* What is behind a row's numbers stays 0. */
static void
make_room (GenFeatureRows *rows)
{
  const gsize first = FIRST_BYTES / ((gsize)rows->stride * sizeof (float));
  const guint least = (guint)CLAMP (first, 1, FIRST_ROOM);
  const guint room = MIN (MAX (2 * rows->room, least), rows->most);
  const gsize had = (gsize)rows->room * (gsize)rows->stride;
  const gsize wanted = (gsize)room * (gsize)rows->stride;

  rows->data = g_renew (float, rows->data, wanted);
  memset (rows->data + had, 0, (wanted - had) * sizeof *rows->data);
  rows->room = room;
}

float *
gen_feature_rows_next (GenFeatureRows *rows, int length)
{
  guint64 place = rows->seen++;

  if (rows->length == 0) {
    rows->length = length;
    rows->stride = (length + STRANDS - 1) / STRANDS * STRANDS;
  }
  g_return_val_if_fail (length == rows->length, NULL);
  if (place >= rows->most)
    place = gen_random_below (&rows->random, 0, place, (guint32)MIN (place + 1, G_MAXUINT32));
  if (place >= rows->most)
    return NULL;
  if (place >= rows->room)
    make_room (rows);
  rows->n = MAX (rows->n, (guint)place + 1);
  return gen_feature_rows_at (rows, (guint)place);
}

static void
swap_rows (GenFeatureRows *rows, guint a, guint b)
{
  float *first = gen_feature_rows_at (rows, a), *second = gen_feature_rows_at (rows, b);

  for (int k = 0; k < rows->length; k++) {
    const float number = first[k];

    first[k] = second[k];
    second[k] = number;
  }
}

/* Some of some, each chosen with the same chance, are what algorithm R would have kept. Its own
 * draws are those of number 0. */
void
gen_feature_rows_thin (GenFeatureRows *rows, guint most)
{
  const guint had = rows->n;

  rows->most = most;
  for (guint i = 0; had > most && i < most; i++)
    swap_rows (rows, i, i + gen_random_below (&rows->random, had, i, had - i));
  rows->n = MIN (had, most);
  if (rows->room <= most)
    return;
  rows->room = most;
  rows->data = g_renew (float, rows->data, (gsize)most *(gsize)rows->stride);
}

gsize
gen_feature_rows_bytes (const GenFeatureRows *rows)
{
  return (gsize)rows->room * (gsize)rows->stride * sizeof (float);
}

GEN_CLONES (float, squared_distance, (const float *a, const float *b, int n), (a, b, n))
{
  float strands[STRANDS] = { 0 }, sum = 0;

  for (int i = 0; i < n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++)
      strands[s] += (a[i + s] - b[i + s]) * (a[i + s] - b[i + s]);
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

float
gen_feature_rows_distance (const GenFeatureRows *rows, const float *a, const float *b)
{
  return squared_distance (a, b, rows->stride);
}
