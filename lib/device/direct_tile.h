/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a direct convolution, for one kind of vector unit. direct_unit.c includes
 * this file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     pixels of a tile that is two vectors wide,
 *   NARROW   pixels of a tile that is one vector wide,
 *   DOTS     where gen_direct_dots() is to use it,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results or NARROW by VECTOR, held in registers while all segments
 * run. One pointer a pixel stays in a register, too, which is why there are no more pixels. */

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef gint32 NAME (Mask) __attribute__ ((vector_size (VECTOR * 4)));

static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (select) (NAME (Mask) mask, NAME (Vector) yes, NAME (Vector) no)
{
  return (NAME (Vector)) (((NAME (Mask))yes & mask) | ((NAME (Mask))no & ~mask));
}

/* What is not a number stays so. */
static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (clip) (NAME (Vector) x, float least, float most)
{
  const NAME (Vector) zero = { 0 }, low = zero + least, high = zero + most;

  return NAME (select) (x < low, low, NAME (select) (x > high, high, x));
}

/* One step along k. */
static inline __attribute__ ((always_inline)) void
NAME (step) (const int rows, const int width, const float *const *from, gint64 i,
    const float *weights, NAME (Vector) * low, NAME (Vector) * high)
{
  const NAME (Vector) left = ((const NAME (Vector) *)weights)[0];
  const NAME (Vector) right = width > VECTOR ? ((const NAME (Vector) *)weights)[1] : left;

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] += from[r][i] * left;
    if (width > VECTOR)
      high[r] += from[r][i] * right;
  }
}

/* `separate`: the channels of a panel are convolved each by itself. */
static inline __attribute__ ((always_inline)) void
NAME (direct) (const int rows, const int width, const gboolean separate, const GenDirectTile *t)
{
  NAME (Vector) low[NARROW], high[NARROW];
  const float *from[NARROW], *weights = t->weights;
  const char *ahead = t->ahead;

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
        weights += segment->n * width;
        continue;
      }
      i = segment->begin;
      end = i + segment->n;
    }
    if (separate) {
      const NAME (Vector) left = ((const NAME (Vector) *)weights)[0];
      const NAME (Vector) right = width > VECTOR ? ((const NAME (Vector) *)weights)[1] : left;

#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        low[r] += ((const NAME (Vector) *)(from[r] + i))[0] * left;
        if (width > VECTOR)
          high[r] += ((const NAME (Vector) *)(from[r] + i))[1] * right;
      }
      weights += width;
      continue;
    }
    while (i < end) {
      const gint64 stop = MIN (end, i + GEN_DIRECT_CHUNK);

      for (gint64 line = 0; line < t->ahead_step; line += 64)
        __builtin_prefetch (ahead + line, 0, 2);
      ahead += t->ahead_step;
      for (; i + 1 < stop; i += 2, weights += 2 * width) {
        NAME (step) (rows, width, from, i, weights, low, high);
        NAME (step) (rows, width, from, i + 1, weights + width, low, high);
      }
      if (i < stop) {
        NAME (step) (rows, width, from, i++, weights, low, high);
        weights += width;
      }
    }
  }
  if (t->leaks) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] = NAME (select) (low[r] < 0, low[r] * t->leak, low[r]);
      if (width > VECTOR)
        high[r] = NAME (select) (high[r] < 0, high[r] * t->leak, high[r]);
    }
  }
  if (t->clips) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] = NAME (clip) (low[r], t->least, t->most);
      if (width > VECTOR)
        high[r] = NAME (clip) (high[r], t->least, t->most);
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

#define CASE(n)                                                                                    \
  case n:                                                                                          \
    NAME (direct) (n, WIDTH, SEPARATE, t);                                                         \
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

#if ROWS > 6
#define WIDE_CASES CASES MORE_CASES
#else
#define WIDE_CASES CASES
#endif

#define FUNCTION(name, cases)                                                                      \
  static void NAME (name) (int rows, const GenDirectTile *t)                                       \
  {                                                                                                \
    switch (rows) {                                                                                \
      cases default : g_assert_not_reached ();                                                     \
    }                                                                                              \
  }

#define SEPARATE FALSE
#define WIDTH (2 * VECTOR)
FUNCTION (direct_wide, WIDE_CASES)
#undef WIDTH
#define WIDTH VECTOR
FUNCTION (direct_narrow, CASES MORE_CASES)
#undef SEPARATE
#define SEPARATE TRUE
FUNCTION (direct_separate_narrow, CASES MORE_CASES)
#undef WIDTH
#define WIDTH (2 * VECTOR)
FUNCTION (direct_separate_wide, WIDE_CASES)
#undef WIDTH
#undef SEPARATE

#undef FUNCTION
#undef WIDE_CASES
#undef MORE_CASES
#undef CASES
#undef CASE

#ifdef DOTS
/* Results of few channels: vectors run along k, which is a multiple of VECTOR in each segment, and
 * are added up in the end. The weights of a channel lie t->k apart. */
static inline __attribute__ ((always_inline)) void
NAME (dots) (const int rows, const int columns, const GenDirectTile *t)
{
  NAME (Vector) sums[8 * 4];
  const float *from[8], *weights = t->weights;

#pragma GCC unroll 32
  for (int i = 0; i < rows * columns; i++)
    sums[i] = (NAME (Vector)){ 0 };
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
        const NAME (Vector) x = *(const NAME (Vector) *)(from[r] + i);

#pragma GCC unroll 4
        for (int c = 0; c < columns; c++)
          sums[r * columns + c] += x * w[c];
      }
      weights += VECTOR;
    }
  }
#pragma GCC unroll 32
  for (int i = 0; i < rows * columns; i++) {
    const NAME (Vector) lanes = sums[i];
    float sum[VECTOR];

    /* Not by memcpy(), for which some compilers would keep sums in memory all the time. */
#pragma GCC unroll 16
    for (int l = 0; l < VECTOR; l++)
      sum[l] = lanes[l];
    for (int half = VECTOR / 2; half > 0; half /= 2)
      for (int l = 0; l < half; l++)
        sum[l] += sum[l + half];
    t->result[i] = sum[0] + t->begin[i % columns];
  }
}

static void
NAME (direct_dots) (int rows, int columns, const GenDirectTile *t)
{
  GenDirectTile tile = *t;
  const int step = columns == 1 ? 8 : 4;

  while (rows > 0) {
    const int some = rows >= step ? step : 1;

    if (some == 8)
      NAME (dots) (8, 1, &tile);
    else if (columns == 1)
      NAME (dots) (1, 1, &tile);
    else if (columns == 2)
      some == 4 ? NAME (dots) (4, 2, &tile) : NAME (dots) (1, 2, &tile);
    else if (columns == 3)
      some == 4 ? NAME (dots) (4, 3, &tile) : NAME (dots) (1, 3, &tile);
    else
      some == 4 ? NAME (dots) (4, 4, &tile) : NAME (dots) (1, 4, &tile);
    rows -= some;
    tile.pixels += some;
    tile.result += some * columns;
    if (tile.table != NULL)
      tile.table += some;
  }
}
#endif
