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

/* A d along one axis, of squares of 6. */
static inline __attribute__ ((always_inline)) void
NAME (spread) (const NAME (Vector) * d, int step, NAME (Vector) * to)
{
  const NAME (Vector) even = d[0] + d[2 * step], odd = d[step] + d[3 * step];
  const NAME (Vector) far_even = d[0] + 4 * d[2 * step], far_odd = 2 * d[step] + 8 * d[3 * step];

  to[0] = d[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = far_even + far_odd;
  to[4] = far_even - far_odd;
  to[5] = d[3 * step];
}

/* G' d along one axis, of squares of 6. */
static inline __attribute__ ((always_inline)) void
NAME (gather) (const NAME (Vector) * d, int step, NAME (Vector) * to)
{
  const NAME (Vector) near_sum = d[step] + d[2 * step], near_apart = d[2 * step] - d[step];
  const NAME (Vector) sum = d[3 * step] + d[4 * step], apart = d[3 * step] - d[4 * step];

  to[0] = d[0] * (1 / 4.0f) - near_sum * (1 / 6.0f) + sum * (1 / 24.0f);
  to[1] = near_apart * (1 / 6.0f) + apart * (1 / 12.0f);
  to[2] = (sum - near_sum) * (1 / 6.0f) + d[5 * step];
}

/* One square: rows `row` apart, pixels `pixel`; place k of the result goes to to + k * plane. */
static inline __attribute__ ((always_inline)) void
NAME (transform_in) (const int side, const float *from, gint64 row, gint64 pixel, gint64 channels,
    float *to, gint64 plane)
{
  NAME (Vector)
  d[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_SIDE],
      columns[GEN_WINOGRAD_MAX_SIDE * GEN_WINOGRAD_MAX_SIDE], made[GEN_WINOGRAD_MAX_SIDE];

  for (gint64 c = 0; c < channels; c += VECTOR) {
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++)
        d[y * side + x] = *(const NAME (Vector) *)(from + y * row + x * pixel + c);
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
NAME (in_4) (const float *from, gint64 row, gint64 pixel, gint64 channels, float *to, gint64 plane)
{
  NAME (transform_in) (4, from, row, pixel, channels, to, plane);
}

static void
NAME (in_6) (const float *from, gint64 row, gint64 pixel, gint64 channels, float *to, gint64 plane)
{
  NAME (transform_in) (6, from, row, pixel, channels, to, plane);
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

static void
NAME (spread_6) (const float *from, gint64 row, gint64 pixel, gint64 width, float *to, gint64 plane)
{
  NAME (Vector) d[4 * 4], columns[4 * 6], made[6];

  for (gint64 c = 0; c < width; c += VECTOR) {
    for (int y = 0; y < 4; y++)
      for (int x = 0; x < 4; x++)
        d[y * 4 + x] = *(const NAME (Vector) *)(from + y * row + x * pixel + c);
    for (int y = 0; y < 4; y++)
      NAME (spread) (d + y * 4, 1, columns + y * 6);
    for (int x = 0; x < 6; x++) {
      NAME (spread) (columns + x, 6, made);
      for (int y = 0; y < 6; y++)
        *(NAME (Vector) *)(to + (y * 6 + x) * plane + c) = made[y];
    }
  }
}

static void
NAME (gather_6) (const float *from, gint64 plane, gint64 width, float *to)
{
  NAME (Vector) d[6 * 6], rows[6 * 3], results[3];

  for (gint64 c = 0; c < width; c += VECTOR) {
    for (int k = 0; k < 6 * 6; k++)
      d[k] = *(const NAME (Vector) *)(from + k * plane + c);
    for (int y = 0; y < 6; y++)
      NAME (gather) (d + y * 6, 1, rows + y * 3);
    for (int x = 0; x < 3; x++) {
      NAME (gather) (rows + x, 3, results);
      for (int y = 0; y < 3; y++)
        *(NAME (Vector) *)(to + (y * 3 + x) * width + c) = results[y];
    }
  }
}
