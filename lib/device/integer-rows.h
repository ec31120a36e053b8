/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a layer of integers, for one kind of vector unit. integer_units.c includes
 * this file once for each kind, with
 *   VECTOR        32-bit sums in a vector register,
 *   VECTORS       vectors of the widest panel,
 *   LANE          bytes of packed weights for each sum,
 *   LOAD(p)       the weights there, for the sums of a vector,
 *   SOME(p, n)    `n` words from p on, fewer than a vector has, and zeros behind,
 *   DOT(s, a, w)  s plus, in each 32-bit lane, the products of the small integers there,
 *   ONES          a word of ones, as weights,
 *   NAME(x)       the names of the functions.
 *   DOT_WORD(s, a, w)  where there is a better one, DOT by the word a in all lanes; it is undefined
 *                 in the end.
 * ACROSS, rows of a tile, says that the function for few results is to be made as well, with
 *   REDUCE(v)     the sum of all lanes of v;
 * FINISH that the function that finishes rows is to be made as well, with
 *   STORE(p, s)   the low bytes of the lanes of s to p,
 *   LARGER(a, b), LESSER(a, b)  of floats, b where a is not a number;
 * DEPTHWISE that the one of one channel a group is, where DOT is of pairs, with
 *   UNSIGNED(p), SIGNED(p)  VECTOR bytes from p on, as lanes. */

#ifndef DOT_WORD
#define DOT_WORD(s, a, w) DOT (s, (NAME (Vector)){ 0 } + (a), w)
#endif

typedef gint32 NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));
/* Of samples, which begin at any byte. */
typedef gint32 NAME (Samples) __attribute__ ((vector_size (VECTOR * 4), aligned (1), may_alias));

static inline __attribute__ ((always_inline)) void
NAME (tile_of) (const int rows, const int vectors, const void *const *pointers, gint64 taps,
    gint64 words, const char *panel, gint32 *out)
{
  NAME (Vector) sums[GEN_INTEGER_TILE_ROWS][VECTORS];

#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++)
      sums[r][v] = (NAME (Vector)){ 0 };
  for (gint64 t = 0; t < taps; t++, pointers += GEN_INTEGER_TILE_STRIDE) {
    const char *a[GEN_INTEGER_TILE_ROWS];

#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
      a[r] = pointers[r];
    for (gint64 i = 0; i < 4 * words; i += 4) {
      NAME (Vector) weights[VECTORS];

#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++)
        weights[v] = LOAD (panel + v * VECTOR * LANE);
#pragma GCC unroll 8
      for (int r = 0; r < rows; r++) {
        const gint32 word = *(const Word *)(a[r] + i);

#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
          sums[r][v] = DOT_WORD (sums[r][v], word, weights[v]);
      }
      panel += vectors * VECTOR * LANE;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++)
      *(NAME (Vector) *)(out + r * GEN_INTEGER_WIDTH + v * VECTOR) = sums[r][v];
}

/* `rows` by `vectors` * VECTOR sums; rows of `out` are GEN_INTEGER_WIDTH apart. */
static void
NAME (tile) (int rows, int vectors, const void *const *pointers, gint64 taps, gint64 words,
    const char *panel, gint32 *out)
{
#define CASE(r, v)                                                                                 \
  case 8 * v + r:                                                                                  \
    NAME (tile_of) (r, v, pointers, taps, words, panel, out);                                      \
    return;
#define CASES(v) CASE (1, v) CASE (2, v) CASE (3, v) CASE (4, v) CASE (5, v) CASE (6, v)
  switch (8 * vectors + rows) {
    CASES (1)
    CASES (2)
#if VECTORS == 4
    CASES (3)
    CASES (4)
#endif
  default:
    g_assert_not_reached ();
  }
#undef CASES
#undef CASE
}

/* What the channels of a window add up to. */
static __attribute__ ((unused)) gint32
NAME (sum) (const void *const *pointers, int stride, gint64 taps, gint64 words)
{
  const NAME (Vector) ones = (NAME (Vector)){ 0 } + ONES;
  NAME (Vector) sums = { 0 };
  gint32 sum = 0;

  for (gint64 t = 0; t < taps; t++) {
    const Word *x = pointers[t * stride];
    gint64 i = 0;

    for (; i + VECTOR <= words; i += VECTOR)
      sums = DOT (sums, (NAME (Vector)) (*(const NAME (Samples) *)(x + i)), ones);
    if (i < words)
      sums = DOT (sums, (NAME (Vector))SOME (x + i, words - i), ones);
  }
  for (int k = 0; k < VECTOR; k++)
    sum += sums[k];
  return sum;
}

#ifdef ACROSS
/* Up to four results: vectors are of channels then, and each sum is that of its lanes. Weights of a
 * result lie one after the other, of whole vectors. */
static inline __attribute__ ((always_inline)) void
NAME (across_of) (const int rows, const int results, const void *const *pointers, gint64 taps,
    gint64 words, const char *weights, gint32 *out)
{
  NAME (Vector) sums[ACROSS][4];

#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < results; v++)
      sums[r][v] = (NAME (Vector)){ 0 };
  for (gint64 t = 0; t < taps; t++, pointers += GEN_INTEGER_TILE_STRIDE)
    for (gint64 i = 0; i < words; i += VECTOR, weights += 4 * VECTOR)
#pragma GCC unroll 8
      for (int r = 0; r < rows; r++) {
        const NAME (Vector) x =
            (NAME (Vector)) (*(const NAME (Samples) *)((const Word *)pointers[r] + i));

#pragma GCC unroll 4
        for (int v = 0; v < results; v++)
          sums[r][v] = DOT (sums[r][v], x, LOAD (weights + v * 4 * taps * words));
      }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < results; v++)
      out[r * GEN_INTEGER_WIDTH + v] = REDUCE (sums[r][v]);
}

static void
NAME (across) (int rows, int results, const void *const *pointers, gint64 taps, gint64 words,
    const char *weights, gint32 *out)
{
#define CASE(r, v)                                                                                 \
  case 8 * v + r:                                                                                  \
    NAME (across_of) (r, v, pointers, taps, words, weights, out);                                  \
    break;
#if ACROSS == 6
#define CASES(v) CASE (1, v) CASE (2, v) CASE (3, v) CASE (4, v) CASE (5, v) CASE (6, v)
#else
#define CASES(v) CASE (1, v) CASE (2, v) CASE (3, v)
#endif
  for (; rows > 0; rows -= ACROSS, pointers += ACROSS, out += ACROSS * GEN_INTEGER_WIDTH)
    switch (8 * results + MIN (rows, ACROSS)) {
      CASES (1)
      CASES (2)
      CASES (3)
      CASES (4)
    default:
      g_assert_not_reached ();
    }
#undef CASES
#undef CASE
}
#endif

#ifdef FINISH
typedef float NAME (Floats) __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));

static inline __attribute__ ((always_inline)) NAME (Floats)
    NAME (choose) (NAME (Vector) mask, NAME (Floats) yes, NAME (Floats) no)
{
  return (NAME (Floats)) (((NAME (Vector))yes & mask) | ((NAME (Vector))no & ~mask));
}

/* `n` results of each of some rows: see GenIntegerFinish. What is beyond `n` may be computed, not
 * written. */
static inline __attribute__ ((always_inline)) void
NAME (finish_of) (const GenIntegerFinish *finish, const GenIntegerResult result, const gint32 *sums,
    int stride, const gint32 *row_sums, int rows, gint64 column, int n, void *const *results)
{
  const GenIntegerFinish f = *finish; /* which no result can be */
  const NAME (Floats) none = { 0 }, low = none + f.low, high = none + f.high;
  /* Adding this, 1.5 * 2^23, leaves no bits for fractions: the sum is rounded, ties to even. */
  const NAME (Floats) rounding = none + 12582912.0f;
  const NAME (Vector) zero = (NAME (Vector)){ 0 } + f.zero - (NAME (Vector))rounding;
  const gsize size = result == GEN_INTEGER_UINT8 ? 1 : 4;

  for (int i = 0; i < n; i += VECTOR) {
    const gint64 at = column + i;
    const int here = MIN (VECTOR, n - i);
    const NAME (Vector) shift = *(const NAME (Vector) *)(f.shift + at);
    const NAME (Floats) scale = *(const NAME (Floats) *)(f.scale + at);
    const NAME (Floats) offset = *(const NAME (Floats) *)(f.offset + at);
    NAME (Vector) w_zero = { 0 };

    if (f.w_zero != NULL)
      w_zero = *(const NAME (Vector) *)(f.w_zero + at);
    for (int r = 0; r < rows; r++) {
      char *to = (char *)results[r] + at * size;
      NAME (Vector) s = *(const NAME (Vector) *)(sums + r * stride + i) + shift;
      char part[VECTOR];
      NAME (Floats) v;

      if (f.w_zero != NULL)
        s -= w_zero * row_sums[r];
      if (result == GEN_INTEGER_SUMS) {
        if (here == VECTOR)
          *(NAME (Vector) *)to = s;
        else
          memcpy (to, &s, here * size);
        continue;
      }
      v = __builtin_convertvector(s, NAME (Floats)) * scale + offset;
      if (f.slope != 1)
        v = NAME (choose) (v < none, v * f.slope, v);
      v = LESSER (LARGER (v, low), high);
      if (result == GEN_INTEGER_FLOATS) {
        if (here == VECTOR)
          *(NAME (Floats) *)to = v;
        else
          memcpy (to, &v, here * size);
        continue;
      }
      s = (NAME (Vector)) (v + rounding) + zero;
      if (here == VECTOR) {
        STORE (to, s);
      } else {
        STORE (part, s);
        memcpy (to, part, here);
      }
    }
  }
}

static void
NAME (finish) (const GenIntegerFinish *f, const gint32 *sums, int stride, const gint32 *row_sums,
    int rows, gint64 column, int n, void *const *results)
{
  if (f->result == GEN_INTEGER_SUMS)
    NAME (finish_of) (f, GEN_INTEGER_SUMS, sums, stride, row_sums, rows, column, n, results);
  else if (f->result == GEN_INTEGER_FLOATS)
    NAME (finish_of) (f, GEN_INTEGER_FLOATS, sums, stride, row_sums, rows, column, n, results);
  else
    NAME (finish_of) (f, GEN_INTEGER_UINT8, sums, stride, row_sums, rows, column, n, results);
}
#endif

#ifdef DEPTHWISE
/* VECTOR channels of a window, each by a weight of its own: low halves of words, whose high halves
 * are zeros in the weights. */
static inline __attribute__ ((always_inline)) void
NAME (window) (const gboolean x_signed, const void *const *pointers, gint64 taps, gint64 channel,
    int n, const gint32 *weights, gint64 stride, gint32 *out)
{
  NAME (Vector) sums = { 0 };

  for (gint64 t = 0; t < taps; t++) {
    const char *x = (const char *)pointers[t * GEN_INTEGER_TILE_STRIDE] + channel;
    const NAME (Vector) w = *(const NAME (Vector) *)(weights + t * stride + channel);
    char part[VECTOR] = { 0 };

    if (n < VECTOR)
      x = memcpy (part, x, n);
    sums = DOT (sums, x_signed ? SIGNED (x) : UNSIGNED (x), w);
  }
  *(NAME (Vector) *)out = sums;
}

/* `n` channels from `channel` on. */
static void
NAME (depthwise) (gboolean x_signed, const void *const *pointers, gint64 taps, gint64 channel,
    int n, const gint32 *weights, gint64 stride, gint32 *out)
{
  for (int i = 0; i < n; i += VECTOR)
    if (x_signed)
      NAME (window) (TRUE, pointers, taps, channel + i, n - i, weights, stride, out + i);
    else
      NAME (window) (FALSE, pointers, taps, channel + i, n - i, weights, stride, out + i);
}
#endif

#undef DOT_WORD
