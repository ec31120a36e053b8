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

/* What has the same weight is added before it is multiplied: processors add beside what they
 * multiply. Vectors of a fixed size keep sums in registers, two at a time. */
#define PIECE 8
typedef float Piece __attribute__ ((vector_size (PIECE * sizeof (float)), aligned (4), may_alias));
#define BLOCK (2 * PIECE)

static inline __attribute__ ((always_inline)) void
filter_piece (const float *const rows[], const float *taps, int count, float *out, int x)
{
  const int half = count / 2;
  Piece sum = taps[half] * *(const Piece *)(rows[half] + x);

  for (int k = 0; k < half; k++)
    sum += taps[k] * (*(const Piece *)(rows[k] + x) + *(const Piece *)(rows[count - 1 - k] + x));
  *(Piece *)(out + x) = sum;
}

static inline __attribute__ ((always_inline)) void
filter_block (const float *const rows[], const float *taps, int count, float *out, int x)
{
  const int half = count / 2;
  const Piece *middle = (const Piece *)(rows[half] + x);
  Piece first = taps[half] * middle[0], second = taps[half] * middle[1];

  for (int k = 0; k < half; k++) {
    const Piece *row = (const Piece *)(rows[k] + x);
    const Piece *twin = (const Piece *)(rows[count - 1 - k] + x);
    const float tap = taps[k];

    first += tap * (row[0] + twin[0]);
    second += tap * (row[1] + twin[1]);
  }
  *(Piece *)(out + x) = first;
  *(Piece *)(out + x + PIECE) = second;
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
  case 7:
    filter_as (rows, taps, 7, out, n);
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
  case 7:
    filter_row_as (row, taps, 7, out, n);
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

static inline __attribute__ ((always_inline)) void
filter_by_two_as (const float *row, const float *taps, int count, float *restrict out, int n)
{
  for (int x = 0; x < n; x++) {
    float sum = 0;

    for (int k = 0; k < count; k++)
      sum += taps[k] * row[2 * x + k];
    out[x] = sum;
  }
}

GEN_CLONES (void, filter_by_two,
    (const float *row, const float *taps, int count, float *out, int n), (row, taps, count, out, n))
{
  switch (count) {
  case 8:
    filter_by_two_as (row, taps, 8, out, n);
    break;
  case 4:
    filter_by_two_as (row, taps, 4, out, n);
    break;
  default:
    filter_by_two_as (row, taps, count, out, n);
  }
}

void
gen_filter_row_by_two (const float *row, const float *taps, int count, float *out, int n)
{
  filter_by_two (row, taps, count, out, n);
}

static inline __attribute__ ((always_inline)) void
filter_any_as (const float *const rows[], const float *taps, int count, float *restrict out, int n)
{
  for (int x = 0; x < n; x++) {
    float sum = 0;

    for (int k = 0; k < count; k++)
      sum += taps[k] * rows[k][x];
    out[x] = sum;
  }
}

GEN_CLONES (void, filter_any,
    (const float *const rows[], const float *taps, int count, float *out, int n),
    (rows, taps, count, out, n))
{
  switch (count) {
  case 8:
    filter_any_as (rows, taps, 8, out, n);
    break;
  case 4:
    filter_any_as (rows, taps, 4, out, n);
    break;
  default:
    filter_any_as (rows, taps, count, out, n);
  }
}

void
gen_filter_rows_any (const float *const rows[], const float *taps, int count, float *out, int n)
{
  filter_any (rows, taps, count, out, n);
}
