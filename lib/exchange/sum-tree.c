/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums in a fixed order. A few numbers at a time, so that what halves of the rows add up to is in
 * the cache when the other half comes. */
#include "sum-tree.h"

#include <string.h>

#include "../simd.h"

#define CHUNK 1024

GEN_CLONES (void, add, (const float *a, const float *b, float *out, gsize n), (a, b, out, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++)
    out[i] = a[i] + b[i];
}

GEN_CLONES (void, scale, (float *out, gsize n, float factor), (out, n, factor))
{
  for (gsize i = 0; i < n; i++)
    out[i] *= factor;
}

/* Of numbers `at` to `at` + n, which are at most CHUNK. */
static void
sum_chunk (const float *const *rows, guint n_rows, gsize at, float *out, gsize n)
{
  const guint half = n_rows / 2;
  float second[CHUNK];

  if (n_rows == 1) {
    memmove (out, rows[0] + at, n * sizeof *out);
    return;
  }
  if (n_rows == 2) {
    add (rows[0] + at, rows[1] + at, out, n);
    return;
  }
  sum_chunk (rows + half, n_rows - half, at, second, n);
  sum_chunk (rows, half, at, out, n);
  add (out, second, out, n);
}

void
gen_sum_tree (const float *const *rows, guint n_rows, float *out, gsize n, float factor)
{
  for (gsize at = 0; at < n; at += CHUNK) {
    sum_chunk (rows, n_rows, at, out + at, MIN (n - at, CHUNK));
    if (factor != 1)
      scale (out + at, MIN (n - at, CHUNK), factor);
  }
}
