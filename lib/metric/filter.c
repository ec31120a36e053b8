/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

#include <math.h>

#include "../simd.h"

void
gen_filter_gaussian (float *taps, int count, double deviation)
{
  const double middle = (count - 1) / 2.0;
  double sum = 0;

  for (int i = 0; i < count; i++)
    sum += exp (-0.5 * pow ((i - middle) / deviation, 2));
  for (int i = 0; i < count; i++)
    taps[i] = (float)(exp (-0.5 * pow ((i - middle) / deviation, 2)) / sum);
}

/* The compiler would turn the loops around. The last piece may overlap the one before. */
static inline __attribute__ ((always_inline)) void
filter_as (const float *const rows[], const float *taps, int count, float *out, int n)
{
  if (n < GEN_FILTER_PIECE) {
    for (int x = 0; x < n; x++) {
      out[x] = 0;
      for (int k = 0; k < count; k++)
        out[x] += taps[k] * rows[k][x];
    }
    return;
  }
  for (int begin = 0; begin < n; begin += GEN_FILTER_PIECE) {
    int x = MIN (begin, n - GEN_FILTER_PIECE);
    GenFilterPiece sum = { 0 };

    for (int k = 0; k < count; k++)
      sum += taps[k] * *(const GenFilterPiece *)(rows[k] + x);
    *(GenFilterPiece *)(out + x) = sum;
  }
}

/* The numbers of taps that there are, each unrolled. */
GEN_CLONES (void, filter,
    (const float *const rows[], const float *taps, int count, float *out, int n),
    (rows, taps, count, out, n))
{
  switch (count) {
  case 17:
    filter_as (rows, taps, 17, out, n);
    break;
  case 11:
    filter_as (rows, taps, 11, out, n);
    break;
  case 9:
    filter_as (rows, taps, 9, out, n);
    break;
  case 5:
    filter_as (rows, taps, 5, out, n);
    break;
  default:
    filter_as (rows, taps, count, out, n);
  }
}

void
gen_filter_taps (const float *const rows[], const float *taps, int count, float *out, int n)
{
  filter (rows, taps, count, out, n);
}
