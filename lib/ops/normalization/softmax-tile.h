/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax and its logarithm of what is in a core's cache, for one kind of vector unit.
 * softmax_unit.c includes this file once for each kind, with what float_vectors.h asks for. */
#include "../elementwise/float-vectors.h"

/* The last numbers of a row, and -infinity. */
static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (load_some) (const float *x, gint64 n)
{
  NAME (Vector) some = (NAME (Vector)){ 0 } - __builtin_inff ();

  memcpy (&some, x, n * sizeof *x);
  return some;
}

/* Largest and sum by four vectors each: a single one would wait for itself. */
static float
NAME (find_largest) (const float *x, gint64 n)
{
  const gint64 whole = n - n % VECTOR, by_four = n - n % (4 * VECTOR);
  NAME (Vector) most[4];

  most[0] = most[1] = most[2] = most[3] = (NAME (Vector)){ 0 } - __builtin_inff ();
  for (gint64 i = 0; i < by_four; i += 4 * VECTOR)
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++)
      most[k] = NAME (most) (*(const NAME (Vector) *)(x + i + k * VECTOR), most[k]);
  for (gint64 i = by_four; i < whole; i += VECTOR)
    most[0] = NAME (most) (*(const NAME (Vector) *)(x + i), most[0]);
  if (whole < n)
    most[1] = NAME (most) (NAME (load_some) (x + whole, n - whole), most[1]);
  most[0] = NAME (most) (most[0], most[1]);
  most[2] = NAME (most) (most[2], most[3]);
  return NAME (largest_lane) (NAME (most) (most[0], most[2]));
}

/* The sum of e^(x - most), which `out` gets but for NULL. */
static inline __attribute__ ((always_inline)) float
NAME (raise) (const float *x, float *out, float most, gint64 n)
{
  const gint64 whole = n - n % VECTOR, by_two = n - n % (2 * VECTOR);
  NAME (Vector) sums[2] = { { 0 } }, power;

  for (gint64 i = 0; i < by_two; i += 2 * VECTOR)
#pragma GCC unroll 2
    for (int k = 0; k < 2; k++) {
      power = NAME (exponential) (*(const NAME (Vector) *)(x + i + k * VECTOR) - most);
      sums[k] += power;
      if (out != NULL)
        *(NAME (Vector) *)(out + i + k * VECTOR) = power;
    }
  if (by_two < whole) {
    power = NAME (exponential) (*(const NAME (Vector) *)(x + by_two) - most);
    sums[0] += power;
    if (out != NULL)
      *(NAME (Vector) *)(out + by_two) = power;
  }
  if (whole < n) {
    power = NAME (exponential) (NAME (load_some) (x + whole, n - whole) - most);
    sums[1] += power;
    if (out != NULL)
      memcpy (out + whole, &power, (n - whole) * sizeof *out);
  }
  return NAME (sum_lanes) (sums[0] + sums[1]);
}

static void
NAME (row) (const float *x, float *out, gint64 n, gboolean logarithm)
{
  const gint64 whole = n - n % VECTOR;
  const float most = NAME (find_largest) (x, n);
  float factor;

  if (logarithm) {
    factor = most + gen_log (NAME (raise) (x, NULL, most, n));
    for (gint64 i = 0; i < whole; i += VECTOR)
      *(NAME (Vector) *)(out + i) = *(const NAME (Vector) *)(x + i) - factor;
    for (gint64 i = whole; i < n; i++)
      out[i] = x[i] - factor;
    return;
  }
  factor = 1 / NAME (raise) (x, out, most, n);
  for (gint64 i = 0; i < whole; i += VECTOR)
    *(NAME (Vector) *)(out + i) *= factor;
  for (gint64 i = whole; i < n; i++)
    out[i] *= factor;
}

/* One vector of columns of [n, width]. */
static inline __attribute__ ((always_inline)) void
NAME (column) (float *x, gint64 n, gint64 width, const gboolean logarithm)
{
  NAME (Vector) most = *(const NAME (Vector) *)x, other = most, sum = { 0 }, factor;

  for (gint64 i = 0; i < n; i += 2) {
    most = NAME (most) (*(const NAME (Vector) *)(x + i * width), most);
    other = NAME (most) (*(const NAME (Vector) *)(x + MIN (i + 1, n - 1) * width), other);
  }
  most = NAME (most) (other, most);
  for (gint64 i = 0; i < n; i++) {
    NAME (Vector) *at = (NAME (Vector) *)(x + i * width);
    const NAME (Vector) power = NAME (exponential) (*at - most);

    sum += power;
    if (!logarithm)
      *at = power;
  }
  for (int k = 0; k < VECTOR; k++)
    factor[k] = logarithm ? most[k] + gen_log (sum[k]) : 1 / sum[k];
  for (gint64 i = 0; i < n; i++) {
    NAME (Vector) *at = (NAME (Vector) *)(x + i * width);

    *at = logarithm ? *at - factor : *at * factor;
  }
}

static void
NAME (columns) (float *x, gint64 n, int vectors, gboolean logarithm)
{
  for (int v = 0; v < vectors; v++)
    if (logarithm)
      NAME (column) (x + v * VECTOR, n, vectors * VECTOR, TRUE);
    else
      NAME (column) (x + v * VECTOR, n, vectors * VECTOR, FALSE);
}
