/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attention does to blocks in a core's first cache, for one kind of vector unit.
 * attention_unit.c includes this file once for each kind, with
 *   what float_vectors.h asks for,
 *   ROWS        rows of a tile of two vectors: as many as leave registers for the panel,
 *   NARROW      rows of a tile of one vector,
 *   NAME(x)     the names of the functions.
 * A panel has one or two vectors in a row: queries that stand side by side. */

#include "../../device/row-cases.h"
#include "../elementwise/float-vectors.h"

/* out[rows, panel] = out * keep + the rows by a panel of k rows; without `keep` the product alone.
 * The rows are `stride` apart and their numbers stand together, or the other way round. Groups of
 * four rows share a pointer: so many pointers as rows would not fit the registers. */
static inline __attribute__ ((always_inline)) void
NAME (tile) (const int rows, const int vectors, const gboolean apart, const float *a, gint64 stride,
    const float *panel, gint64 k, const float *keep, float *out)
{
  const gint64 row = apart ? stride : 1, step = apart ? 1 : stride;
  NAME (Vector) low[NARROW], high[NARROW];
  const float *group[4] = { a, a + 4 * row, a + 8 * row, a + 12 * row };

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = (NAME (Vector)){ 0 };
    high[r] = (NAME (Vector)){ 0 };
  }
  for (gint64 i = 0; i < k; i++) {
    const NAME (Vector) left = ((const NAME (Vector) *)panel)[0];
    const NAME (Vector) right = vectors > 1 ? ((const NAME (Vector) *)panel)[1] : left;

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] += group[r / 4][r % 4 * row] * left;
      if (vectors > 1)
        high[r] += group[r / 4][r % 4 * row] * right;
    }
#pragma GCC unroll 4
    for (int g = 0; g < (rows + 3) / 4; g++)
      group[g] += step;
    panel += vectors * VECTOR;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    NAME (Vector) *to = (NAME (Vector) *)(out + r * vectors * VECTOR);
    const NAME (Vector) *factor = (const NAME (Vector) *)keep;

    to[0] = keep != NULL ? to[0] * factor[0] + low[r] : low[r];
    if (vectors > 1)
      to[1] = keep != NULL ? to[1] * factor[1] + high[r] : high[r];
  }
}

#define CASE(n, vectors, apart)                                                                    \
  case n:                                                                                          \
    NAME (tile) (n, vectors, apart, a, stride, panel, k, keep, out);                               \
    break;
#if ROWS > 6
#define WIDE(vectors, apart) GEN_ROWS_TO_14 (CASE, vectors, apart)
#else
#define WIDE(vectors, apart) GEN_ROWS_TO_6 (CASE, vectors, apart)
#endif
#if NARROW > 12
#define THIN(vectors, apart) GEN_ROWS_TO_14 (CASE, vectors, apart)
#else
#define THIN(vectors, apart) GEN_ROWS_TO_12 (CASE, vectors, apart)
#endif
#define FUNCTION(name, cases)                                                                      \
  static void NAME (name) (int rows, const float *a, gint64 stride, const float *panel, gint64 k,  \
      const float *keep, float *out)                                                               \
  {                                                                                                \
    switch (rows) {                                                                                \
      cases default : g_assert_not_reached ();                                                     \
    }                                                                                              \
  }

FUNCTION (wide_apart, WIDE (2, TRUE))
FUNCTION (wide_together, WIDE (2, FALSE))
FUNCTION (narrow_apart, THIN (1, TRUE))
FUNCTION (narrow_together, THIN (1, FALSE))

#undef FUNCTION
#undef THIN
#undef WIDE
#undef CASE

/* Tiles of about the same number of rows. */
static void
NAME (product_apart) (gint64 n, const float *a, gint64 stride, const float *panel, int vectors,
    gint64 k, const float *keep, float *out)
{
  const gint64 most = vectors > 1 ? ROWS : NARROW, tiles = (n + most - 1) / most;

  for (gint64 t = 0; t < tiles; t++) {
    gint64 first = n * t / tiles, rows = n * (t + 1) / tiles - first;

    (vectors > 1 ? NAME (wide_apart) : NAME (narrow_apart)) (
        rows, a + first * stride, stride, panel, k, keep, out + first * vectors * VECTOR);
  }
}

static void
NAME (product_together) (gint64 n, const float *a, gint64 stride, const float *panel, int vectors,
    gint64 k, const float *keep, float *out)
{
  const gint64 most = vectors > 1 ? ROWS : NARROW, tiles = (n + most - 1) / most;

  for (gint64 t = 0; t < tiles; t++) {
    gint64 first = n * t / tiles, rows = n * (t + 1) / tiles - first;

    (vectors > 1 ? NAME (wide_together) : NAME (narrow_together)) (
        rows, a + first, stride, panel, k, keep, out + first * vectors * VECTOR);
  }
}

/* A score with its mask, which stays there. */
static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (masked) (float *score, const float *mask)
{
  if (mask != NULL)
    *(NAME (Vector) *)score += *(const NAME (Vector) *)mask;
  return *(const NAME (Vector) *)score;
}

/* Scores [keys, panel] and what a mask adds to them become weights e^(score - highest); `keep`
 * gets what the sums, and results so far, are to be scaled by. */
static inline __attribute__ ((always_inline)) void
NAME (weigh_vector) (float *scores, const float *mask, gint64 keys, gint64 panel, float *highest,
    float *sums, float *keep)
{
  const NAME (Vector) none = (NAME (Vector)){ 0 } - __builtin_inff ();
  const NAME (Vector) before = *(const NAME (Vector) *)highest;
  /* One would wait for itself. */
  NAME (Vector) mosts[4] = { before, before, before, before }, most, shift, sum = { 0 };
  gint64 whole = keys & ~(gint64)3;

  for (gint64 k = 0; k < whole; k += 4)
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
      mosts[i] = NAME (most) (
          NAME (masked) (scores + (k + i) * panel, mask != NULL ? mask + (k + i) * panel : NULL),
          mosts[i]);
  for (gint64 k = whole; k < keys; k++)
    mosts[0] = NAME (most) (
        NAME (masked) (scores + k * panel, mask != NULL ? mask + k * panel : NULL), mosts[0]);
  mosts[0] = NAME (most) (mosts[0], mosts[1]);
  mosts[2] = NAME (most) (mosts[2], mosts[3]);
  most = NAME (most) (mosts[0], mosts[2]);
  /* No key seen so far: every weight is 0, and infinity must not meet infinity. */
  shift = (NAME (Vector)) ((NAME (Bits))most & ~(most == none));
  for (gint64 k = 0; k < keys; k++) {
    NAME (Vector) *score = (NAME (Vector) *)(scores + k * panel);

    *score = NAME (exponential) (*score - shift);
    sum += *score;
  }
  *(NAME (Vector) *)keep = NAME (exponential) (before - shift);
  *(NAME (Vector) *)highest = most;
  *(NAME (Vector) *)sums = *(const NAME (Vector) *)sums * *(const NAME (Vector) *)keep + sum;
}

static void
NAME (weigh) (float *scores, const float *mask, gint64 keys, int vectors, float *highest,
    float *sums, float *keep)
{
  for (int v = 0; v < vectors; v++)
    if (mask != NULL)
      NAME (weigh_vector)
  (scores + v * VECTOR, mask + v * VECTOR, keys, vectors * VECTOR, highest + v * VECTOR,
      sums + v * VECTOR, keep + v * VECTOR);
  else NAME (weigh_vector) (scores + v * VECTOR, NULL, keys, vectors * VECTOR, highest + v * VECTOR,
      sums + v * VECTOR, keep + v * VECTOR);
}

/* Scores stay within `most`, smoothly. */
static void
NAME (cap) (float *scores, float most, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    scores[i] = most * gen_tanh (scores[i] / most);
}

/* --- few queries: a row each, and vectors along depth, keys and width --- */

/* out[rows, n] = queries[rows, k] by keys[n, k]', four keys at a time. */
static void
NAME (few_scores) (gint64 n, const float *keys, gint64 stride, const float *queries, int rows,
    gint64 k, const float *keep, float *out)
{
  const gint64 whole = k - k % VECTOR;

  for (gint64 first = 0; first < n; first += 4) {
    const int several = MIN (n - first, 4);
    const float *at[4];

    for (int j = 0; j < 4; j++)
      at[j] = keys + (first + MIN (j, several - 1)) * stride;
    for (int r = 0; r < rows; r++) {
      const float *query = queries + r * k;
      NAME (Vector) sums[4] = { { 0 } };
      NAME (Four) four[4], total;

      for (gint64 i = 0; i < whole; i += VECTOR)
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
          sums[j] += *(const NAME (Vector) *)(query + i) * *(const NAME (Vector) *)(at[j] + i);
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++)
        four[j] = NAME (fold) (sums[j]);
      NAME (turn) (four);
      total = (four[0] + four[1]) + (four[2] + four[3]);
      for (gint64 i = whole; i < k; i++)
        total += query[i] * (NAME (Four)){ at[0][i], at[1][i], at[2][i], at[3][i] };
      for (int j = 0; j < several; j++)
        out[r * n + first + j] = total[j];
    }
  }
}

/* out[rows, n] = out * keep + weights[rows, k] by values[k, n]. */
static inline __attribute__ ((always_inline)) void
NAME (few_columns) (const int vectors, const float *values, gint64 stride, const float *weights,
    gint64 k, float keep, float *out)
{
  NAME (Vector) sums[4];

#pragma GCC unroll 4
  for (int j = 0; j < vectors; j++)
    sums[j] = ((const NAME (Vector) *)out)[j] * keep;
  for (gint64 i = 0; i < k; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++)
      sums[j] += weights[i] * ((const NAME (Vector) *)(values + i * stride))[j];
#pragma GCC unroll 4
  for (int j = 0; j < vectors; j++)
    ((NAME (Vector) *)out)[j] = sums[j];
}

static void
NAME (few_results) (gint64 n, const float *values, gint64 stride, const float *weights, int rows,
    gint64 k, const float *keep, float *out)
{
  for (int r = 0; r < rows; r++) {
    const float *weight = weights + r * k;
    float *to = out + r * n;
    gint64 w = 0;

    for (; w + 4 * VECTOR <= n; w += 4 * VECTOR)
      NAME (few_columns) (4, values + w, stride, weight, k, keep[r], to + w);
    for (; w + VECTOR <= n; w += VECTOR)
      NAME (few_columns) (1, values + w, stride, weight, k, keep[r], to + w);
    for (; w + 4 <= n; w += 4) {
      NAME (Four) sum = *(const NAME (Four) *)(to + w) * keep[r];

      for (gint64 i = 0; i < k; i++)
        sum += weight[i] * *(const NAME (Four) *)(values + i * stride + w);
      *(NAME (Four) *)(to + w) = sum;
    }
    for (; w < n; w++) {
      float sum = to[w] * keep[r];

      for (gint64 i = 0; i < k; i++)
        sum += weight[i] * values[i * stride + w];
      to[w] = sum;
    }
  }
}

static void
NAME (few_weigh) (float *scores, const float *mask, gint64 keys, int rows, float *highest,
    float *sums, float *keep)
{
  const gint64 whole = keys - keys % VECTOR;
  const NAME (Vector) none = (NAME (Vector)){ 0 } - __builtin_inff ();

  for (int r = 0; r < rows; r++) {
    float *score = scores + r * keys, most = highest[r], sum, shift;
    NAME (Vector) last = none, mosts = none, total = { 0 };

    for (gint64 k = 0; k < keys && mask != NULL; k++)
      score[k] += mask[r * keys + k];
    for (gint64 k = 0; k < whole; k += VECTOR)
      mosts = NAME (most) (*(const NAME (Vector) *)(score + k), mosts);
    for (int i = 0; i < keys - whole; i++)
      last[i] = score[whole + i];
    mosts = NAME (most) (last, mosts);
    most = MAX (most, NAME (largest_lane) (mosts));
    shift = most == -__builtin_inff () ? 0 : most;
    for (gint64 k = 0; k < whole; k += VECTOR) {
      NAME (Vector) *weight = (NAME (Vector) *)(score + k);

      *weight = NAME (exponential) (*weight - shift);
      total += *weight;
    }
    last = NAME (exponential) (last - shift);
    total += last;
    for (int i = 0; i < keys - whole; i++)
      score[whole + i] = last[i];
    sum = NAME (sum_lanes) (total);
    last[0] = highest[r] - shift;
    keep[r] = NAME (exponential) (last)[0];
    highest[r] = most;
    sums[r] = sums[r] * keep[r] + sum;
  }
}
