/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All lines of a square are transformed along one axis, then along the other. The picture's matrix
 * for squares of 4 has rows of up to 10 in absolute values: 100 times 255 still fits 16 bits. */
#include "quantized-transforms.h"

#include <string.h>

#include "../../simd.h"

#define INLINE static inline __attribute__ ((always_inline))

/* Of 16-bit pixels, and of sums, which wrap. */
typedef gint16 Pixels __attribute__ ((vector_size (64), aligned (2), may_alias));
typedef guint32 Sums __attribute__ ((vector_size (64), aligned (4), may_alias));
typedef gint32 SignedSums __attribute__ ((vector_size (64), aligned (4), may_alias));
typedef guint8 Bytes __attribute__ ((vector_size (32), aligned (1), may_alias));
typedef gint8 SignedBytes __attribute__ ((vector_size (32), aligned (1), may_alias));

#define CHANNELS 32 /* of Pixels */
#define COLUMNS 16  /* of Sums */

#define INVERSE_OF_9 0x38e38e39u

gint64
gen_quantized_transform_limit (int size)
{
  return size == 4 ? 1 << 25 : 1 << 29;
}

/* --- pixels --- */

/* A line: y of x. */
INLINE void
pixels_of_2 (const Pixels *x, Pixels *y)
{
  y[0] = x[0] - x[2];
  y[1] = x[1] + x[2];
  y[2] = x[2] - x[1];
  y[3] = x[1] - x[3];
}

INLINE void
pixels_of_4 (const Pixels *x, Pixels *y)
{
  const Pixels even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1];
  const Pixels near = x[4] - x[2], far = 2 * (x[3] - x[1]);

  y[0] = 4 * x[0] + even - x[2];
  y[1] = even + odd;
  y[2] = even - odd;
  y[3] = near + far;
  y[4] = near - far;
  y[5] = 4 * x[1] - 5 * x[3] + x[5];
}

INLINE void
read_pixels (const guint8 *from, const gboolean x_signed, int n, Pixels *to)
{
  guint8 part[CHANNELS] = { 0 };

  if (n < CHANNELS)
    from = memcpy (part, from, n);
  *to = x_signed ? __builtin_convertvector(*(const SignedBytes *)from, Pixels)
                 : __builtin_convertvector(*(const Bytes *)from, Pixels);
}

INLINE void
transform_pixels_of (const int size, const guint8 *const *pixels, const gboolean x_signed,
    gint16 zero, gint64 channels, gint16 *to, gint64 stride)
{
  enum { MOST = GEN_QUANTIZED_MOST_POSITIONS, MOST_REACH = 6 };
  const int reach = GEN_QUANTIZED_REACH (size);

  for (gint64 c = 0; c < channels; c += CHANNELS) {
    const int n = MIN (CHANNELS, channels - c);
    Pixels lines[MOST], line[MOST_REACH], out[MOST_REACH];

    for (int k = 0; k < reach; k++) {
      for (int r = 0; r < reach; r++) {
        read_pixels (pixels[r * reach + k] + c, x_signed, n, &line[r]);
        line[r] -= zero;
      }
      if (size == 4)
        pixels_of_4 (line, out);
      else
        pixels_of_2 (line, out);
      for (int r = 0; r < reach; r++)
        lines[r * reach + k] = out[r];
    }
    for (int r = 0; r < reach; r++) {
      if (size == 4)
        pixels_of_4 (lines + r * reach, out);
      else
        pixels_of_2 (lines + r * reach, out);
      for (int k = 0; k < reach; k++)
        if (n == CHANNELS)
          *(Pixels *)(to + (r * reach + k) * stride + c) = out[k];
        else
          memcpy (to + (r * reach + k) * stride + c, &out[k], n * sizeof (gint16));
    }
  }
}

GEN_CLONES (void, transform_pixels,
    (int size, const guint8 *const *pixels, gboolean x_signed, gint16 zero, gint64 channels,
        gint16 *to, gint64 stride),
    (size, pixels, x_signed, zero, channels, to, stride))
{
  if (size == 4 && x_signed)
    transform_pixels_of (4, pixels, TRUE, zero, channels, to, stride);
  else if (size == 4)
    transform_pixels_of (4, pixels, FALSE, zero, channels, to, stride);
  else if (x_signed)
    transform_pixels_of (2, pixels, TRUE, zero, channels, to, stride);
  else
    transform_pixels_of (2, pixels, FALSE, zero, channels, to, stride);
}

void
gen_quantized_transform_pixels (int size, const guint8 *const *pixels, gboolean x_signed,
    gint16 zero, gint64 channels, gint16 *to, gint64 stride)
{
  transform_pixels (size, pixels, x_signed, zero, channels, to, stride);
}

/* --- weights --- */

gint16
gen_quantized_transform_weights (int size, int position, const gint16 *weights)
{
  static const gint16 two[4][3] = { { 2, 0, 0 }, { 1, 1, 1 }, { 1, -1, 1 }, { 0, 0, 2 } };
  static const gint16 four[6][3] = { { 1, 0, 0 }, { 1, 1, 1 }, { 1, -1, 1 }, { 1, 2, 4 },
    { 1, -2, 4 }, { 0, 0, 1 } };
  const gint16 (*matrix)[3] = size == 4 ? four : two;
  const int reach = GEN_QUANTIZED_REACH (size);
  gint32 sum = 0;

  for (int k = 0; k < 9; k++)
    sum += matrix[position / reach][k / 3] * matrix[position % reach][k % 3] * weights[k];
  return (gint16)sum;
}

/* --- sums --- */

INLINE void
sums_of_2 (const Sums *x, int step, Sums *y, int y_step)
{
  const Sums b = x[step], c = x[2 * step];

  y[0] = x[0] + b + c;
  y[y_step] = b - c - x[3 * step];
}

INLINE void
sums_of_4 (const Sums *x, int step, Sums *y, int y_step)
{
  const Sums both = x[step] + x[2 * step], apart = x[step] - x[2 * step];
  const Sums both_far = x[3 * step] + x[4 * step], apart_far = x[3 * step] - x[4 * step];

  y[0] = 6 * x[0] - 4 * both + both_far;
  y[y_step] = 2 * apart_far - 4 * apart;
  y[2 * y_step] = 4 * (both_far - both);
  y[3 * y_step] = 8 * apart_far - 4 * apart + 24 * x[5 * step];
}

INLINE void
transform_sums_of (const int size, const gint32 *sums, gint64 place, int n, gint32 *to)
{
  enum { MOST = GEN_QUANTIZED_MOST_SIZE, MOST_REACH = GEN_QUANTIZED_REACH (MOST) };
  const int reach = GEN_QUANTIZED_REACH (size);

  for (int i = 0; i < n; i += COLUMNS) {
    Sums rows[MOST * MOST_REACH];

    for (int k = 0; k < reach; k++) {
      Sums column[MOST_REACH];

      for (int r = 0; r < reach; r++)
        column[r] = *(const Sums *)(sums + (r * reach + k) * place + i);
      if (size == 4)
        sums_of_4 (column, 1, rows + k, reach);
      else
        sums_of_2 (column, 1, rows + k, reach);
    }
    for (int r = 0; r < size; r++) {
      Sums row[MOST];

      if (size == 4)
        sums_of_4 (rows + r * reach, 1, row, 1);
      else
        sums_of_2 (rows + r * reach, 1, row, 1);
      for (int k = 0; k < size; k++) {
        const SignedSums times = (SignedSums)(row[k] * (size == 4 ? INVERSE_OF_9 : 1u));

        *(SignedSums *)(to + (r * size + k) * place + i) = times >> (size == 4 ? 6 : 2);
      }
    }
  }
}

GEN_CLONES (void, transform_sums, (int size, const gint32 *sums, gint64 place, int n, gint32 *to),
    (size, sums, place, n, to))
{
  if (size == 4)
    transform_sums_of (4, sums, place, n, to);
  else
    transform_sums_of (2, sums, place, n, to);
}

void
gen_quantized_transform_sums (int size, const gint32 *sums, gint64 place, int n, gint32 *to)
{
  transform_sums (size, sums, place, n, to);
}
