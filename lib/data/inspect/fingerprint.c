/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fingerprints of what pictures look like. */
#include "inspect-private.h"

#include <math.h>

#define SIZE GEN_FINGERPRINT_SIZE
#define LOW 8

static double
cosine (int frequency, int at)
{
  return cos (G_PI * frequency * (2 * at + 1) / (2.0 * SIZE));
}

/* The lowest coefficients of each row. */
static void
transform_rows (const float *picture, double rows[SIZE][LOW])
{
  double table[LOW][SIZE];

  for (int k = 0; k < LOW; k++)
    for (int i = 0; i < SIZE; i++)
      table[k][i] = cosine (k, i);
  for (int y = 0; y < SIZE; y++)
    for (int k = 0; k < LOW; k++) {
      rows[y][k] = 0;
      for (int x = 0; x < SIZE; x++)
        rows[y][k] += picture[y * SIZE + x] * table[k][x];
    }
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double
median_of (const double *numbers)
{
  double sorted[LOW * LOW];

  for (int i = 0; i < LOW * LOW; i++)
    sorted[i] = numbers[i];
  qsort (sorted, LOW * LOW, sizeof *sorted, compare);
  return (sorted[LOW * LOW / 2 - 1] + sorted[LOW * LOW / 2]) / 2;
}

guint64
gen_fingerprint (const float *picture)
{
  double rows[SIZE][LOW], low[LOW * LOW], median;
  guint64 bits = 0;

  transform_rows (picture, rows);
  for (int v = 0; v < LOW; v++)
    for (int u = 0; u < LOW; u++) {
      low[v * LOW + u] = 0;
      for (int y = 0; y < SIZE; y++)
        low[v * LOW + u] += rows[y][u] * cosine (v, y);
    }
  median = median_of (low);
  for (int i = 0; i < LOW * LOW; i++)
    bits = bits << 1 | (low[i] > median);
  return bits;
}
