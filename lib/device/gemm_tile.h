/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a matrix product, for one kind of vector unit. gemm_unit.c includes this
 * file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     rows of a tile: as many as leave registers for one row of the panel,
 *   NARROW   rows of a tile that is one vector wide,
 *   HALF(x)  VECTOR float16 at x as floats, where the unit can widen them,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results or NARROW by VECTOR, held in registers while k runs. */

#define AHEAD 32
typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef guint32 NAME (Words) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

/* One row of a panel of two vectors: 16-bit numbers are widened on their way. */
static inline __attribute__ ((always_inline)) void
NAME (load) (const GenGemmForm form, const char *row, NAME (Vector) * left, NAME (Vector) * right)
{
  if (form == GEN_GEMM_BFLOAT16) {
    const NAME (Words) words = *(const NAME (Words) *)row;

    *left = (NAME (Vector)) (words << 16);
    *right = (NAME (Vector)) (words & 0xffff0000);
#ifdef HALF
  } else if (form == GEN_GEMM_FLOAT16) {
    *left = HALF (row);
    *right = HALF (row + 2 * VECTOR);
#endif
  } else {
    *left = ((const NAME (Vector) *)row)[0];
    *right = ((const NAME (Vector) *)row)[1];
  }
}

static inline __attribute__ ((always_inline)) void
NAME (tile_rows) (const int rows, const int width, const GenGemmForm form, const float *a,
    gint64 row_stride, gint64 k_stride, const void *panel, gint64 k, gboolean adds, float *out)
{
  NAME (Vector) low[NARROW], high[NARROW];
  const int step = width * (form == GEN_GEMM_FLOAT32 ? 4 : 2);
  const char *at = panel;

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = (NAME (Vector)){ 0 };
    high[r] = (NAME (Vector)){ 0 };
  }
  for (gint64 i = 0; i < k; i++) {
    NAME (Vector) left, right;

    __builtin_prefetch (at + AHEAD * step);
    if (step > 64)
      __builtin_prefetch (at + AHEAD * step + 64);
    if (width > VECTOR)
      NAME (load) (form, at, &left, &right);
    else
      left = *(const NAME (Vector) *)at;

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] += a[r * row_stride] * left;
      if (width > VECTOR)
        high[r] += a[r * row_stride] * right;
    }
    a += k_stride;
    at += step;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    NAME (Vector) *to = (NAME (Vector) *)(out + r * width);

    to[0] = adds ? to[0] + low[r] : low[r];
    if (width > VECTOR)
      to[1] = adds ? to[1] + high[r] : high[r];
  }
}

#define CASE(n)                                                                                    \
  case n:                                                                                          \
    NAME (tile_rows) (n, WIDTH, FORM, a, row_stride, k_stride, panel, k, adds, out);               \
    break;
#define CASES                                                                                      \
  CASE (1)                                                                                         \
  CASE (2)                                                                                         \
  CASE (3)                                                                                         \
  CASE (4)                                                                                         \
  CASE (5)                                                                                         \
  CASE (6)
#define MORE_CASES                                                                                 \
  CASE (7)                                                                                         \
  CASE (8)                                                                                         \
  CASE (9)                                                                                         \
  CASE (10)                                                                                        \
  CASE (11)                                                                                        \
  CASE (12)
#define MOST_CASES                                                                                 \
  CASE (13)                                                                                        \
  CASE (14)

#define WIDTH (2 * VECTOR)
#define FORM GEN_GEMM_FLOAT32
static void
NAME (tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const void *panel,
    gint64 k, gboolean adds, float *out)
{
  switch (rows) {
    CASES
#if ROWS > 6
    MORE_CASES
#endif
#if ROWS > 12
    MOST_CASES
#endif
  default:
    g_assert_not_reached ();
  }
}
#undef FORM

#define FORM GEN_GEMM_BFLOAT16
static void
NAME (bfloat16_tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const void *panel, gint64 k, gboolean adds, float *out)
{
  switch (rows) {
    CASES
#if ROWS > 6
    MORE_CASES
#endif
#if ROWS > 12
    MOST_CASES
#endif
  default:
    g_assert_not_reached ();
  }
}
#undef FORM

#ifdef HALF
#define FORM GEN_GEMM_FLOAT16
static void
NAME (float16_tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const void *panel, gint64 k, gboolean adds, float *out)
{
  switch (rows) {
    CASES
#if ROWS > 6
    MORE_CASES
#endif
#if ROWS > 12
    MOST_CASES
#endif
  default:
    g_assert_not_reached ();
  }
}
#undef FORM
#endif
#undef WIDTH

#define WIDTH VECTOR
#define FORM GEN_GEMM_FLOAT32
static void
NAME (narrow_tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const void *panel,
    gint64 k, gboolean adds, float *out)
{
  switch (rows) {
    CASES MORE_CASES
#if NARROW > 12
        MOST_CASES
#endif
        default : g_assert_not_reached ();
  }
}
#undef FORM
#undef WIDTH
#undef MOST_CASES
#undef MORE_CASES
#undef CASES
#undef CASE
#undef AHEAD
