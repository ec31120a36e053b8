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

/* Vectors of a fixed size keep sums in registers, four at a time, so that each tap is loaded for as
 * many. */
#define PIECE 8
typedef float Piece __attribute__ ((vector_size (PIECE * sizeof (float)), aligned (4), may_alias));
#define BLOCK (4 * PIECE)

static inline __attribute__ ((always_inline)) void
filter_piece (const float *const rows[], const float *taps, int count, float *out, int x)
{
  Piece sum = { 0 };

  for (int k = 0; k < count; k++)
    sum += taps[k] * *(const Piece *)(rows[k] + x);
  *(Piece *)(out + x) = sum;
}

static inline __attribute__ ((always_inline)) void
filter_block (const float *const rows[], const float *taps, int count, float *out, int x)
{
  Piece first = { 0 }, second = { 0 }, third = { 0 }, fourth = { 0 };

  for (int k = 0; k < count; k++) {
    const Piece *row = (const Piece *)(rows[k] + x);
    const float tap = taps[k];

    first += tap * row[0];
    second += tap * row[1];
    third += tap * row[2];
    fourth += tap * row[3];
  }
  *(Piece *)(out + x) = first;
  *(Piece *)(out + x + PIECE) = second;
  *(Piece *)(out + x + 2 * PIECE) = third;
  *(Piece *)(out + x + 3 * PIECE) = fourth;
}

/* The compiler would turn the loops around. The last piece may overlap the one before. */
static inline __attribute__ ((always_inline)) void
filter_as (const float *const rows[], const float *taps, int count, float *out, int n)
{
  int x = 0;

  if (n < PIECE) {
    for (; x < n; x++) {
      out[x] = 0;
      for (int k = 0; k < count; k++)
        out[x] += taps[k] * rows[k][x];
    }
    return;
  }
  for (; x + BLOCK <= n; x += BLOCK)
    filter_block (rows, taps, count, out, x);
  for (; x < n; x += PIECE)
    filter_piece (rows, taps, count, out, MIN (x, n - PIECE));
}

/* The same along a row, whose taps' places the compiler knows from the first one's. */
static inline __attribute__ ((always_inline)) void
filter_row_as (const float *row, const float *taps, int count, float *out, int n)
{
  const float *rows[GEN_FILTER_TAPS];

  for (int k = 0; k < count; k++)
    rows[k] = row + k;
  filter_as (rows, taps, count, out, n);
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

GEN_CLONES (void, filter_row, (const float *row, const float *taps, int count, float *out, int n),
    (row, taps, count, out, n))
{
  switch (count) {
  case 17:
    filter_row_as (row, taps, 17, out, n);
    break;
  case 11:
    filter_row_as (row, taps, 11, out, n);
    break;
  case 9:
    filter_row_as (row, taps, 9, out, n);
    break;
  case 5:
    filter_row_as (row, taps, 5, out, n);
    break;
  default:
    filter_row_as (row, taps, count, out, n);
  }
}

void
gen_filter_rows (const float *const rows[], const float *taps, int count, float *out, int n)
{
  filter (rows, taps, count, out, n);
}

void
gen_filter_row (const float *row, const float *taps, int count, float *out, int n)
{
  filter_row (row, taps, count, out, n);
}
