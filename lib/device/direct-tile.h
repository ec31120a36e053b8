/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a direct convolution, for one kind of vector unit. direct_unit.c includes
 * this file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     pixels of a tile that is two vectors wide,
 *   NARROW   pixels of a tile that is one vector wide,
 *   HALF(x)  VECTOR float16 at x as floats, where the unit can widen them,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results or NARROW by VECTOR, held in registers while all segments
 * run. One pointer a pixel stays in a register, too, which is why there are no more pixels. */

#include "panel-row.h"
#include "row-cases.h"

typedef gint32 NAME (Mask) __attribute__ ((vector_size (VECTOR * 4)));

static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (select) (NAME (Mask) mask, NAME (Vector) yes, NAME (Vector) no)
{
  return (NAME (Vector)) (((NAME (Mask))yes & mask) | ((NAME (Mask))no & ~mask));
}

/* What is not a number stays so. */
static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (activate) (const GenTileActivation *then, NAME (Vector) x)
{
  const NAME (Vector) zero = { 0 };

  if (then->leaks)
    x = NAME (select) (x < 0, x * then->leak, x);
  if (then->floors)
    x = NAME (select) (x < then->least, zero + then->least, x);
  if (then->caps)
    x = NAME (select) (x > then->most, zero + then->most, x);
  return x;
}

/* One step along k. */
static inline __attribute__ ((always_inline)) void
NAME (step) (const int rows, const int width, const GenGemmForm form, const float *const *from,
    gint64 i, const char *weights, NAME (Vector) * low, NAME (Vector) * high)
{
  NAME (Vector) left, right;

  if (width > VECTOR)
    NAME (load) (form, weights, &left, &right);
  else
    left = right = *(const NAME (Vector) *)weights;
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] += from[r][i] * left;
    if (width > VECTOR)
      high[r] += from[r][i] * right;
  }
}

static inline __attribute__ ((always_inline)) void
NAME (direct) (const int rows, const int width, const GenGemmForm form, const GenDirectTile *t)
{
  const int bytes = width * (form == GEN_GEMM_FLOAT32 ? 4 : 2);
  NAME (Vector) low[NARROW], high[NARROW];
  const float *from[NARROW];
  const char *weights = t->weights, *ahead = t->ahead;

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    const NAME (Vector) *begin = (const NAME (Vector) *)(t->begin + r * t->begin_stride);

    low[r] = begin[0];
    if (width > VECTOR)
      high[r] = begin[1];
    from[r] = t->pixels[r] + t->shift;
  }
  if (t->added != NULL) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const NAME (Vector) *added = (const NAME (Vector) *)(t->added + t->places[r]);

      low[r] += added[0];
      if (width > VECTOR)
        high[r] += added[1];
    }
  }
  for (int s = 0; s < t->n_segments; s++) {
    const GenDirectSegment *segment = &t->segments[s];
    gint64 i = segment->offset, end = i + segment->n;

    if (t->table != NULL) {
      const float *const *table = t->table + segment->run * t->table_stride;
      gboolean any = FALSE;

#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        any |= table[r] != t->zeros;
        from[r] = table[r] + t->shift;
      }
      if (!any) {
        weights += segment->n * bytes;
        continue;
      }
      i = segment->begin;
      end = i + segment->n;
    }
    for (; i + 1 < end; i += 2, weights += 2 * bytes) {
      /* A few lines at a time: more than the core can wait for would hold it up. */
      __builtin_prefetch (ahead, 0, 2);
      for (gint64 line = 64; line < t->ahead_step; line += 64)
        __builtin_prefetch (ahead + line, 0, 2);
      ahead += t->ahead_step;
      NAME (step) (rows, width, form, from, i, weights, low, high);
      NAME (step) (rows, width, form, from, i + 1, weights + bytes, low, high);
    }
    if (i < end) {
      NAME (step) (rows, width, form, from, i, weights, low, high);
      weights += bytes;
    }
  }
  if (t->then.leaks || t->then.floors || t->then.caps) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] = NAME (activate) (&t->then, low[r]);
      if (width > VECTOR)
        high[r] = NAME (activate) (&t->then, high[r]);
    }
  }
  if (t->scatters) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      NAME (Vector) *to = (NAME (Vector) *)(t->result + t->places[r]);

      to[0] = low[r];
      if (width > VECTOR)
        to[1] = high[r];
    }
    return;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    NAME (Vector) *to = (NAME (Vector) *)(t->result + r * width);

    to[0] = low[r];
    if (width > VECTOR)
      to[1] = high[r];
  }
}

#define CASE(n, ...)                                                                               \
  case n:                                                                                          \
    NAME (direct) (n, WIDTH, FORM, t);                                                             \
    break;
#if ROWS > 6
#define WIDE_CASES GEN_ROWS_TO_12 (CASE)
#else
#define WIDE_CASES GEN_ROWS_TO_6 (CASE)
#endif

#define FUNCTION(name, cases)                                                                      \
  static void NAME (name) (int rows, const GenDirectTile *t)                                       \
  {                                                                                                \
    switch (rows) {                                                                                \
      cases default : g_assert_not_reached ();                                                     \
    }                                                                                              \
  }

#define FORM GEN_GEMM_FLOAT32
#define WIDTH VECTOR
FUNCTION (direct_narrow, GEN_ROWS_TO_12 (CASE))
#undef WIDTH
#define WIDTH (2 * VECTOR)
FUNCTION (direct_wide, WIDE_CASES)
#undef FORM
#define FORM GEN_GEMM_BFLOAT16
FUNCTION (direct_wide_bfloat16, WIDE_CASES)
#undef FORM
#ifdef HALF
#define FORM GEN_GEMM_FLOAT16
FUNCTION (direct_wide_float16, WIDE_CASES)
#undef FORM
#endif
#undef WIDTH

#undef FUNCTION
#undef WIDE_CASES
#undef CASE

/* Results of few channels: vectors run along k, which is a multiple of VECTOR in each segment, and
 * are added up in the end. The weights of a channel lie t->k apart. */
static inline __attribute__ ((always_inline)) void
NAME (dots) (const int rows, const int columns, const GenDirectTile *t)
{
  NAME (Vector) sums[8 * 4];
  const float *from[8], *weights = t->weights;

#pragma GCC unroll 32
  for (int i = 0; i < rows * columns; i++)
    sums[i] = (NAME (Vector)){ t->begin[i % columns] };
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
    from[r] = t->pixels[r] + t->shift;
  for (int s = 0; s < t->n_segments; s++) {
    const GenDirectSegment *segment = &t->segments[s];
    gint64 i = segment->offset, end = i + segment->n;

    if (t->table != NULL) {
      const float *const *table = t->table + segment->run * t->table_stride;

#pragma GCC unroll 8
      for (int r = 0; r < rows; r++)
        from[r] = table[r] + t->shift;
      i = segment->begin;
      end = i + segment->n;
    }
    for (; i < end; i += VECTOR) {
      NAME (Vector) w[4];

#pragma GCC unroll 4
      for (int c = 0; c < columns; c++)
        w[c] = *(const NAME (Vector) *)(weights + c * t->k);
#pragma GCC unroll 8
      for (int r = 0; r < rows; r++) {
        NAME (Vector) x = *(const NAME (Vector) *)(from[r] + i);

        KEEP (x);
#pragma GCC unroll 4
        for (int c = 0; c < columns; c++)
          sums[r * columns + c] += x * w[c];
      }
      weights += VECTOR;
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows * columns / 4 * 4; i += 4)
    *(GenQuad *)(t->result + i) =
        add_four (add_quads (&sums[i], VECTOR / 4), add_quads (&sums[i + 1], VECTOR / 4),
            add_quads (&sums[i + 2], VECTOR / 4), add_quads (&sums[i + 3], VECTOR / 4));
#pragma GCC unroll 4
  for (int i = rows * columns / 4 * 4; i < rows * columns; i++) {
    const GenQuad sum = add_quads (&sums[i], VECTOR / 4);

    t->result[i] = sum[0] + sum[1] + (sum[2] + sum[3]);
  }
}

#define DOTS(columns, most)                                                                        \
  case columns:                                                                                    \
    if (some == most)                                                                              \
      NAME (dots) (most, columns, &tile);                                                          \
    else                                                                                           \
      NAME (dots) (1, columns, &tile);                                                             \
    break;

static void
NAME (direct_dots) (int rows, int columns, const GenDirectTile *t)
{
  GenDirectTile tile = *t;
  const int step = columns == 1 || (columns < 4 && VECTOR == 16) ? 8 : 4;

  while (rows > 0) {
    const int some = rows >= step ? step : 1;

    switch (columns) {
      DOTS (1, 8)
      DOTS (2, (VECTOR == 16 ? 8 : 4))
      DOTS (3, (VECTOR == 16 ? 8 : 4))
      DOTS (4, 4)
    default:
      g_assert_not_reached ();
    }
    rows -= some;
    tile.pixels += some;
    tile.result += some * columns;
    if (tile.table != NULL)
      tile.table += some;
  }
}

#undef DOTS
