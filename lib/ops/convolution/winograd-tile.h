/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transforms of winograd.c, for one kind of vector unit: VECTOR floats in a register; NAME(x)
 * names what is made. */
typedef float NAME (Vector) __attribute__ ((vector_size (4 * VECTOR), aligned (4)));

/* B' d along one axis. */
static inline __attribute__ ((always_inline)) void
NAME (into) (int side, const NAME (Vector) * d, int step, NAME (Vector) * to)
{
  if (side == 4) {
    to[0] = d[0] - d[2 * step];
    to[1] = d[step] + d[2 * step];
    to[2] = d[2 * step] - d[step];
    to[3] = d[3 * step] - d[step];
  } else {
    const NAME (Vector) a = d[4 * step] - 4 * d[2 * step], b = d[3 * step] - 4 * d[step];
    const NAME (Vector) e = d[4 * step] - d[2 * step], f = 2 * (d[3 * step] - d[step]);

    to[0] = 4 * d[0] - 5 * d[2 * step] + d[4 * step];
    to[1] = a + b;
    to[2] = a - b;
    to[3] = e + f;
    to[4] = e - f;
    to[5] = 4 * d[step] - 5 * d[3 * step] + d[5 * step];
  }
}

/* A' d along one axis. */
static inline __attribute__ ((always_inline)) void
NAME (back) (int side, const NAME (Vector) * d, int step, NAME (Vector) * to)
{
  const NAME (Vector) sum = d[step] + d[2 * step], difference = d[step] - d[2 * step];

  if (side == 4) {
    to[0] = d[0] + sum;
    to[1] = difference;
    to[2] = sum + d[3 * step];
  } else {
    const NAME (Vector) s = d[3 * step] + d[4 * step], t = d[3 * step] - d[4 * step];

    to[0] = d[0] + sum + s;
    to[1] = difference + 2 * t;
    to[2] = sum + 4 * s;
    to[3] = difference + 8 * t + d[5 * step];
  }
}

/* One square: rows `row` apart, pixels and channels without gaps; place k of the result goes to
 * to + k * plane. */
static inline __attribute__ ((always_inline)) void
NAME (transform_in) (
    const int side, const float *from, gint64 row, gint64 channels, float *to, gint64 plane)
{
  NAME (Vector)
  d[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_SIDE],
      columns[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_SIDE], made[GEN_WINOGRAD_MAX_SIDE];

  for (gint64 c = 0; c < channels; c += VECTOR) {
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++)
        d[y * side + x] = *(const NAME (Vector) *)(from + y * row + x * channels + c);
    for (int y = 0; y < side; y++)
      NAME (into) (side, d + y * side, 1, columns + y * side);
    for (int x = 0; x < side; x++) {
      NAME (into) (side, columns + x, side, made);
      for (int y = 0; y < side; y++)
        *(NAME (Vector) *)(to + (y * side + x) * plane + c) = made[y];
    }
  }
}

/* One panel of a square, place k at from + k * plane, to made * made pixels of `width`. */
static inline __attribute__ ((always_inline)) void
NAME (transform_back) (
    const int side, const int made, const float *from, gint64 plane, gint64 width, float *to)
{
  NAME (Vector)
  d[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_SIDE],
      rows[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_MADE], results[GEN_WINOGRAD_MAX_MADE];

  for (gint64 c = 0; c < width; c += VECTOR) {
    for (int k = 0; k < side * side; k++)
      d[k] = *(const NAME (Vector) *)(from + k * plane + c);
    for (int y = 0; y < side; y++)
      NAME (back) (side, d + y * side, 1, rows + y * made);
    for (int x = 0; x < made; x++) {
      NAME (back) (side, rows + x, made, results);
      for (int y = 0; y < made; y++)
        *(NAME (Vector) *)(to + (y * made + x) * width + c) = results[y];
    }
  }
}

static void
NAME (in_4) (const float *from, gint64 row, gint64 channels, float *to, gint64 plane)
{
  NAME (transform_in) (4, from, row, channels, to, plane);
}

static void
NAME (in_6) (const float *from, gint64 row, gint64 channels, float *to, gint64 plane)
{
  NAME (transform_in) (6, from, row, channels, to, plane);
}

static void
NAME (back_4) (const float *from, gint64 plane, gint64 width, float *to)
{
  NAME (transform_back) (4, 3, from, plane, width, to);
}

static void
NAME (back_6) (const float *from, gint64 plane, gint64 width, float *to)
{
  NAME (transform_back) (6, 4, from, plane, width, to);
}
