/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to lines and squares, by vectors of one size: too large ones are taken apart by the
 * compiler, badly. quantized-transforms.c includes this file once for each size, with
 *   BYTES    of a vector,
 *   NAME(x)  the names of types and functions. */

/* Of 16-bit pixels, and of sums, which wrap. */
typedef gint16 NAME (Pixels) __attribute__ ((vector_size (BYTES), aligned (2), may_alias));
typedef guint32 NAME (Sums) __attribute__ ((vector_size (BYTES), aligned (4), may_alias));
typedef gint32 NAME (SignedSums) __attribute__ ((vector_size (BYTES), aligned (4), may_alias));
typedef guint8 NAME (Bytes) __attribute__ ((vector_size (BYTES / 2), aligned (1), may_alias));
typedef gint8 NAME (SignedBytes) __attribute__ ((vector_size (BYTES / 2), aligned (1), may_alias));

#define CHANNELS (BYTES / 2) /* of Pixels */
#define COLUMNS (BYTES / 4)  /* of Sums */

/* --- lines of pixels: y of x --- */

INLINE void
NAME (pixels_2_3) (const NAME (Pixels) * x, NAME (Pixels) * y)
{
  y[0] = x[0] - x[2];
  y[1] = x[1] + x[2];
  y[2] = x[2] - x[1];
  y[3] = x[1] - x[3];
}

INLINE void
NAME (pixels_4_3) (const NAME (Pixels) * x, NAME (Pixels) * y)
{
  const NAME (Pixels) even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1];
  const NAME (Pixels) near = x[4] - x[2], far = 2 * (x[3] - x[1]);

  y[0] = 4 * x[0] + even - x[2];
  y[1] = even + odd;
  y[2] = even - odd;
  y[3] = near + far;
  y[4] = near - far;
  y[5] = 4 * x[1] - 5 * x[3] + x[5];
}

INLINE void
NAME (pixels_2_2) (const NAME (Pixels) * x, NAME (Pixels) * y)
{
  y[0] = x[0] - x[1];
  y[1] = x[1];
  y[2] = x[1] - x[2];
}

/* By the points 0, 1, -1, 2 and infinity. */
INLINE void
NAME (pixels_4_2) (const NAME (Pixels) * x, NAME (Pixels) * y)
{
  const NAME (Pixels) near = x[3] - x[2], apart = x[3] - x[1];
  const NAME (Pixels) far = 2 * (x[2] - x[1]);

  y[0] = 2 * (x[0] - x[2]) + apart;
  y[1] = near - 2 * x[1];
  y[2] = near - far;
  y[3] = apart;
  y[4] = x[4] - x[2] - 2 * apart;
}

/* --- lines of sums --- */

INLINE void
NAME (sums_2_3) (const NAME (Sums) * x, NAME (Sums) * y, int step)
{
  y[0] = x[0] + x[1] + x[2];
  y[step] = x[1] - x[2] - x[3];
}

INLINE void
NAME (sums_4_3) (const NAME (Sums) * x, NAME (Sums) * y, int step)
{
  const NAME (Sums) both = x[1] + x[2], apart = x[1] - x[2];
  const NAME (Sums) both_far = x[3] + x[4], apart_far = x[3] - x[4];

  y[0] = 6 * x[0] - 4 * both + both_far;
  y[step] = 2 * apart_far - 4 * apart;
  y[2 * step] = 4 * (both_far - both);
  y[3 * step] = 8 * apart_far - 4 * apart + 24 * x[5];
}

INLINE void
NAME (sums_2_2) (const NAME (Sums) * x, NAME (Sums) * y, int step)
{
  y[0] = x[0] + x[1];
  y[step] = x[1] - x[2];
}

INLINE void
NAME (sums_4_2) (const NAME (Sums) * x, NAME (Sums) * y, int step)
{
  const NAME (Sums) first = 3 * x[1], twice = 2 * x[3];

  y[0] = 3 * x[0] - first - x[2] + x[3];
  y[step] = x[2] - first + twice;
  y[2 * step] = 2 * twice - first - x[2];
  y[3 * step] = x[2] - first + 4 * twice + 6 * x[4];
}

/* --- squares --- */

INLINE void
NAME (read_pixels) (const guint8 *from, const gboolean x_signed, int n, NAME (Pixels) * to)
{
  guint8 part[CHANNELS] = { 0 };

  if (n < CHANNELS)
    from = memcpy (part, from, n);
  *to = x_signed ? __builtin_convertvector(*(const NAME (SignedBytes) *)from, NAME (Pixels))
                 : __builtin_convertvector(*(const NAME (Bytes) *)from, NAME (Pixels));
}

/* Of one transform, whose line and numbers are constants where this is inlined. */
INLINE void
NAME (transform_pixels) (void (*const line_of) (const NAME (Pixels) * x, NAME (Pixels) * y),
    const int reach, const guint8 *const *pixels, const gboolean x_signed, gint16 zero,
    gint64 channels, gint16 *to, gint64 stride)
{
  enum { MOST_REACH = 6 };

  for (gint64 c = 0; c < channels; c += CHANNELS) {
    const int n = MIN (CHANNELS, channels - c);
    NAME (Pixels) lines[MOST_REACH * MOST_REACH], line[MOST_REACH], out[MOST_REACH];

    for (int k = 0; k < reach; k++) {
      for (int r = 0; r < reach; r++) {
        NAME (read_pixels) (pixels[r * reach + k] + c, x_signed, n, &line[r]);
        line[r] -= zero;
      }
      line_of (line, out);
      for (int r = 0; r < reach; r++)
        lines[r * reach + k] = out[r];
    }
    for (int r = 0; r < reach; r++) {
      line_of (lines + r * reach, out);
      for (int k = 0; k < reach; k++)
        if (n == CHANNELS)
          *(NAME (Pixels) *)(to + (r * reach + k) * stride + c) = out[k];
        else
          memcpy (to + (r * reach + k) * stride + c, &out[k], n * sizeof (gint16));
    }
  }
}

INLINE void
NAME (transform_sums) (void (*const line_of) (const NAME (Sums) * x, NAME (Sums) * y, int step),
    const int size, const int reach, guint32 inverse, int shift, const gint32 *sums, gint64 place,
    int n, gint32 *to)
{
  enum { MOST = GEN_QUANTIZED_MOST_SIZE, MOST_REACH = 6 };

  for (int i = 0; i < n; i += COLUMNS) {
    NAME (Sums) rows[MOST * MOST_REACH];

    for (int k = 0; k < reach; k++) {
      NAME (Sums) column[MOST_REACH];

      for (int r = 0; r < reach; r++)
        column[r] = *(const NAME (Sums) *)(sums + (r * reach + k) * place + i);
      line_of (column, rows + k, reach);
    }
    for (int r = 0; r < size; r++) {
      NAME (Sums) row[MOST];

      line_of (rows + r * reach, row, 1);
      for (int k = 0; k < size; k++) {
        const NAME (SignedSums) times = (NAME (SignedSums)) (row[k] * inverse);

        *(NAME (SignedSums) *)(to + (r * size + k) * place + i) = times >> shift;
      }
    }
  }
}

#undef CHANNELS
#undef COLUMNS
