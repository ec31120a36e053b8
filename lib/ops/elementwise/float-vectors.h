/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors of floats, for one kind of vector unit. Files that are included once for each kind
 * include this one, with VECTOR      floats in a vector register: 4, 8 or 16, MOST(a, b)  the
 * larger of each two numbers, b where one is none: where the unit has it, NAME(x)     the names of
 * the functions. */

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef gint32 NAME (Bits) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef float NAME (Four) __attribute__ ((vector_size (16), aligned (4)));

static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (most) (NAME (Vector) a, NAME (Vector) b)
{
/* clang does not know the pragmas that bring the instructions along. */
#if defined(MOST) && !defined(__clang__)
  return MOST (a, b);
#else
  const NAME (Bits) larger = a > b;

  return (NAME (Vector)) ((larger & (NAME (Bits))a) | (~larger & (NAME (Bits))b));
#endif
}

/* e^x of what is not above 0, as gen_exp. Below -87.7, n is -127, and 2^n made of it is 0. */
static inline __attribute__ ((always_inline)) NAME (Vector) NAME (exponential) (NAME (Vector) x)
{
  const NAME (Vector) least = (NAME (Vector)){ 0 } - 88.0f, clamped = NAME (most) (least, x);
  /* Adding 1.5 * 2^23 rounds to the nearest integer; with 127 more the exponent of 2^n is left in
   * the low bits. */
  const NAME (Vector) shifted = clamped * 1.44269504f + (12582912.0f + 127);
  const NAME (Vector) n = shifted - (12582912.0f + 127);
  const NAME (Vector) r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  NAME (Vector) p = r * 1.9875691500e-4f + 1.3981999507e-3f;

  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * (NAME (Vector)) ((NAME (Bits))shifted << 23);
}

#if VECTOR == 16
#define TURNED(x, n)                                                                               \
  __builtin_shufflevector (x, x, (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6,        \
      (n) + 7, (n) + 8, (n) + 9, (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#elif VECTOR == 8
#define TURNED(x, n)                                                                               \
  __builtin_shufflevector (x, x, (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7)
#else
#define TURNED(x, n) __builtin_shufflevector (x, x, (n), (n) + 1, (n) + 2, (n) + 3)
#endif

static inline __attribute__ ((always_inline)) float
NAME (largest_lane) (NAME (Vector) x)
{
#if VECTOR > 8
  x = NAME (most) (TURNED (x, 8), x);
#endif
#if VECTOR > 4
  x = NAME (most) (TURNED (x, 4), x);
#endif
  x = NAME (most) (TURNED (x, 2), x);
  return NAME (most) (TURNED (x, 1), x)[0];
}

/* As many sums in four lanes. */
static inline __attribute__ ((always_inline)) NAME (Four) NAME (fold) (NAME (Vector) x)
{
#if VECTOR == 4
  return x;
#elif VECTOR == 8
  return __builtin_shufflevector (x, x, 0, 1, 2, 3) + __builtin_shufflevector (x, x, 4, 5, 6, 7);
#else
  return (__builtin_shufflevector (x, x, 0, 1, 2, 3) + __builtin_shufflevector (x, x, 4, 5, 6, 7)) +
         (__builtin_shufflevector (x, x, 8, 9, 10, 11) +
             __builtin_shufflevector (x, x, 12, 13, 14, 15));
#endif
}

static inline __attribute__ ((always_inline)) float
NAME (sum_lanes) (NAME (Vector) x)
{
  const NAME (Four) four = NAME (fold) (x);

  return (four[0] + four[1]) + (four[2] + four[3]);
}
#undef TURNED

/* Rows become columns. */
static inline __attribute__ ((always_inline)) void
NAME (turn) (NAME (Four) x[4])
{
  const NAME (Four) a = __builtin_shufflevector (x[0], x[1], 0, 4, 1, 5);
  const NAME (Four) b = __builtin_shufflevector (x[2], x[3], 0, 4, 1, 5);
  const NAME (Four) c = __builtin_shufflevector (x[0], x[1], 2, 6, 3, 7);
  const NAME (Four) d = __builtin_shufflevector (x[2], x[3], 2, 6, 3, 7);

  x[0] = __builtin_shufflevector (a, b, 0, 1, 4, 5);
  x[1] = __builtin_shufflevector (a, b, 2, 3, 6, 7);
  x[2] = __builtin_shufflevector (c, d, 0, 1, 4, 5);
  x[3] = __builtin_shufflevector (c, d, 2, 3, 6, 7);
}

/* to[columns, rows] = from[rows, columns]', four by four. */
static inline void
NAME (transpose) (
    const float *from, gint64 from_stride, gint64 rows, gint64 columns, float *to, gint64 to_stride)
{
  const gint64 whole_rows = rows & ~(gint64)3, whole_columns = columns & ~(gint64)3;

  for (gint64 r = 0; r < whole_rows; r += 4)
    for (gint64 c = 0; c < whole_columns; c += 4) {
      NAME (Four) x[4];

      for (int i = 0; i < 4; i++)
        x[i] = *(const NAME (Four) *)(from + (r + i) * from_stride + c);
      NAME (turn) (x);
      for (int i = 0; i < 4; i++)
        *(NAME (Four) *)(to + (c + i) * to_stride + r) = x[i];
    }
  for (gint64 r = 0; r < rows; r++)
    for (gint64 c = r < whole_rows ? whole_columns : 0; c < columns; c++)
      to[c * to_stride + r] = from[r * from_stride + c];
}
