/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of bytes for one kind of vector unit. quantized_sum_rows.c includes this file once for each
 * kind, with
 *   VECTOR                      floats in a vector register,
 *   FMA(a, b, c)                a * b + c, rounded once,
 *   LARGER(a, b), LESSER(a, b)  b where a is not a number,
 *   LOAD(p)                     VECTOR unsigned bytes from p on, as 32-bit lanes,
 *   STORE(p, v)                 the low bytes of the 32-bit lanes of v to p,
 *   NAME(x)                     the names of the functions. */

typedef gint32 NAME (Ints) __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));
typedef float NAME (Floats) __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));

/* What is rounded, of `n` elements at most VECTOR, to z. */
INLINE void
NAME (round) (const Rounding *r, const NAME (Floats) * of, guint8 *z, int n)
{
  const NAME (Floats) none = { 0 }, x = *of, unit = none + r->unit, inverse = none + r->inverse;
  const NAME (Floats) shift = none + ROUNDING_SHIFT;
  const NAME (Ints) zero = (NAME (Ints)){ 0 } + r->zero - (NAME (Ints))shift;
  NAME (Floats) v;
  NAME (Ints) bytes;
  guint8 part[VECTOR];

  if (r->fused) {
    const NAME (Floats) q = x * inverse;
    const NAME (Floats) near = FMA (FMA (-q, unit, x), inverse, q);
    const NAME (Floats) nearest = FMA (FMA (-near, unit, x), inverse, near);
    const NAME (Ints) within = (q < LARGEST_QUOTIENT) & (q > -LARGEST_QUOTIENT);

    v = (NAME (Floats)) (((NAME (Ints))nearest & within) | ((NAME (Ints))q & ~within));
  } else {
    v = x / unit;
  }
  v = LESSER (LARGER (v, none + r->low), none + r->high);
  bytes = ((NAME (Ints)) (v + shift) + zero) ^ r->flip;
  if (n == VECTOR) {
    STORE (z, bytes);
    return;
  }
  STORE (part, bytes);
  memcpy (z, part, n);
}

/* Numbers of `n` bytes. */
INLINE void
NAME (numbers) (
    const guint8 *from, guint8 flip, gint32 zero, float scale, int n, NAME (Floats) * to)
{
  guint8 part[VECTOR] = { 0 };

  if (n < VECTOR)
    from = memcpy (part, from, n);
  *to = __builtin_convertvector(((NAME (Ints))LOAD (from) ^ flip) - zero, NAME (Floats)) * scale;
}

static void
NAME (sum_rows) (const GenQuantizedSum *sum, const Rounding *rounding, const void *const *a,
    const void *const *b, void *const *z, int rows, gint64 n)
{
  const GenQuantizedSum s = *sum; /* which no result can be */
  const Rounding r = *rounding;
  const guint8 a_flip = s.a_signed ? 0x80 : 0, b_flip = s.b_signed ? 0x80 : 0;
  const gint32 a_zero = s.a_zero + a_flip, b_zero = s.b_zero + b_flip;

  for (int k = 0; k < rows; k++)
    for (gint64 i = 0; i < n; i += VECTOR) {
      const guint8 *bytes = (const guint8 *)b[k] + i;
      const float *numbers = (const float *)b[k] + i;
      const int here = MIN (VECTOR, n - i);
      NAME (Floats) x, y = { 0 };

      NAME (numbers) ((const guint8 *)a[k] + i, a_flip, a_zero, s.a_scale, here, &x);
      if (!s.numbers)
        NAME (numbers) (bytes, b_flip, b_zero, s.b_scale, here, &y);
      else if (here == VECTOR)
        y = *(const NAME (Floats) *)numbers;
      else
        memcpy (&y, numbers, here * sizeof (float));
      x = s.multiplies ? x * y : x + y;
      NAME (round) (&r, &x, (guint8 *)z[k] + i, here);
    }
}

static void
NAME (round_row) (const Rounding *rounding, const float *from, guint8 *z, gint64 n)
{
  const Rounding r = *rounding; /* which no result can be */

  for (gint64 i = 0; i < n; i += VECTOR) {
    const int here = MIN (VECTOR, n - i);
    NAME (Floats) x = { 0 };

    if (here == VECTOR)
      x = *(const NAME (Floats) *)(from + i);
    else
      memcpy (&x, from + i, here * sizeof (float));
    NAME (round) (&r, &x, z + i, here);
  }
}
