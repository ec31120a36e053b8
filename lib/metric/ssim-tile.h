/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structural similarity of a strip of two pictures, for one kind of vector unit. ssim.c includes
 * this file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   NAME(x)  the names of the functions.
 *
 * A strip is so narrow that the window's rows of all four moments stay in the first cache. Rows are
 * filtered along x when they come, and two rows of places down y at a time, of which all but one of
 * the window's rows are the same; what is filtered is compared in registers. The window is
 * symmetric: rows and columns with the same weight are added before they are multiplied, and
 * processors add beside what they multiply. */

typedef float NAME (Vector)
    __attribute__ ((vector_size (VECTOR * sizeof (float)), aligned (4), may_alias));

/* The moments of a row in the strip, filtered along it. */
static void
NAME (enter_row) (Moments row, const float *taps, Moments out, int n)
{
  NAME (Vector) weights[HALF + 1];

#pragma GCC unroll 8
  for (int k = 0; k <= HALF; k++)
    weights[k] = taps[k] + (NAME (Vector)){ 0 };
  for (int p = 0; p < MOMENTS; p++)
    for (int x = 0; x < n; x += VECTOR) {
      const float *from = row[p] + x;
      NAME (Vector) sum = weights[HALF] * *(const NAME (Vector) *)(from + HALF);

#pragma GCC unroll 8
      for (int k = 0; k < HALF; k++)
        sum += weights[k] * (*(const NAME (Vector) *)(from + k) +
                                *(const NAME (Vector) *)(from + WINDOW - 1 - k));
      *(NAME (Vector) *)(out[p] + x) = sum;
    }
}

/* Down two columns of places, of which the first begins at the first of WINDOW + 1 rows. */
static inline __attribute__ ((always_inline)) void
NAME (filter_down) (
    const Moments *const *rows, int moment, int x, const float *taps, NAME (Vector) out[2])
{
  NAME (Vector) at[WINDOW + 1];

#pragma GCC unroll 16
  for (int k = 0; k <= WINDOW; k++)
    at[k] = *(const NAME (Vector) *)((*rows[k])[moment] + x);
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++) {
    out[i] = taps[HALF] * at[HALF + i];
#pragma GCC unroll 8
    for (int k = 0; k < HALF; k++)
      out[i] += taps[k] * (at[k + i] + at[WINDOW - 1 - k + i]);
  }
}

/* How alike a vector of places is. */
static inline __attribute__ ((always_inline)) void
NAME (compare) (const NAME (Vector) m[MOMENTS], NAME (Vector) * similarity,
    NAME (Vector) * contrast, gboolean wants_contrast)
{
  const NAME (Vector) a = m[MEAN_A] + CENTRE, b = m[MEAN_B] + CENTRE;
  const NAME (Vector) variances = m[SQUARES] - m[MEAN_A] * m[MEAN_A] - m[MEAN_B] * m[MEAN_B] + C2;
  const NAME (Vector) structure = 2 * (m[PRODUCT] - m[MEAN_A] * m[MEAN_B]) + C2;

  *similarity = (2 * a * b + C1) * structure / ((a * a + b * b + C1) * variances);
  if (wants_contrast)
    *contrast = structure / variances;
}

/* The same of `n_rows` vectors of places, one below the other, from `x` on. */
static inline __attribute__ ((always_inline)) void
NAME (compare_places) (const Moments *const *rows, const float *taps, int x, int n_rows,
    NAME (Vector) * similarity, NAME (Vector) * contrast, gboolean wants_contrast)
{
  NAME (Vector) moments[2][MOMENTS];

#pragma GCC unroll 4
  for (int p = 0; p < MOMENTS; p++) {
    NAME (Vector) pair[2];

    NAME (filter_down) (rows, p, x, taps, pair);
    moments[0][p] = pair[0];
    moments[1][p] = pair[1];
  }
#pragma GCC unroll 2
  for (int i = 0; i < n_rows; i++) {
    NAME (Vector) alike, contrasts;

    NAME (compare) (moments[i], &alike, &contrasts, wants_contrast);
    *similarity += alike;
    if (wants_contrast)
      *contrast += contrasts;
  }
}

static inline __attribute__ ((always_inline)) void
NAME (add_up) (const NAME (Vector) * similarity, const NAME (Vector) * contrast, int n,
    GenSsimFigures *sums, gboolean wants_contrast)
{
  for (int k = 0; k < n; k++) {
    sums->similarity += (*similarity)[k];
    if (wants_contrast)
      sums->contrast += (*contrast)[k];
  }
}

/* A vector sums up what there is of a strip, few enough that single precision does. */
static inline __attribute__ ((always_inline)) void
NAME (compare_rows_as) (const Moments *const *rows, const float *taps, int n, int n_rows,
    GenSsimFigures *sums, gboolean wants_contrast)
{
  NAME (Vector) similarity = { 0 }, contrast = { 0 };
  int x = 0;

  for (; x + VECTOR <= n; x += VECTOR)
    NAME (compare_places) (rows, taps, x, n_rows, &similarity, &contrast, wants_contrast);
  NAME (add_up) (&similarity, &contrast, VECTOR, sums, wants_contrast);
  if (x == n)
    return;
  similarity = contrast = (NAME (Vector)){ 0 };
  NAME (compare_places) (rows, taps, x, n_rows, &similarity, &contrast, wants_contrast);
  NAME (add_up) (&similarity, &contrast, n - x, sums, wants_contrast);
}

/* Add up how alike places in one or two rows are. */
static void
NAME (compare_rows) (const Moments *const *rows, const float *taps, int n, int n_rows,
    GenSsimFigures *sums, gboolean wants_contrast)
{
  if (n_rows == 2 && wants_contrast)
    NAME (compare_rows_as) (rows, taps, n, 2, sums, TRUE);
  else if (n_rows == 2)
    NAME (compare_rows_as) (rows, taps, n, 2, sums, FALSE);
  else
    NAME (compare_rows_as) (rows, taps, n, 1, sums, wants_contrast);
}
