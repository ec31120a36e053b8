/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scaling along columns and then along rows. A row of the target is first a sum of rows of the
 * source, as float32, in which neighbours lie side by side for any vector unit; then pixels of it
 * are summed, whose channels are the elements of one short vector. */
#include "picture-scale.h"

#include <math.h>

#include "../simd.h"

/* Along an axis each place of the target is a sum of `taps` places of the source. */
typedef struct {
  int taps;
  int *first;
  float *weights; /* [place][tap] */
} Axis;

#define CUBIC_TAPS 4

static double
cubic (double x)
{
  x = fabs (x);
  if (x < 1)
    return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static void
find_mean (Axis *axis, int from, int to, int place)
{
  const double ratio = (double)from / to, begin = place * ratio, end = MIN (begin + ratio, from);
  const int first = MIN ((int)begin, from - axis->taps);

  axis->first[place] = first;
  for (int t = 0; t < axis->taps; t++)
    axis->weights[place * axis->taps + t] =
        (float)(MAX (MIN (end, first + t + 1) - MAX (begin, first + t), 0) / (end - begin));
}

/* What would be beyond an edge counts for the sample there. */
static void
find_cubic (Axis *axis, int from, int to, int place)
{
  const double middle = (place + 0.5) * from / to - 0.5;
  const int before = (int)floor (middle) - 1, first = CLAMP (before, 0, from - axis->taps);

  axis->first[place] = first;
  for (int t = 0; t < CUBIC_TAPS; t++)
    axis->weights[place * axis->taps + CLAMP (before + t, first, first + axis->taps - 1) - first] +=
        (float)cubic (middle - before - t);
}

static void
axis_init (Axis *axis, int from, int to)
{
  const int wanted = to > from ? CUBIC_TAPS : to == from ? 1 : (from + to - 1) / to + 1;

  axis->taps = MIN (wanted, from);
  axis->first = g_new (int, to);
  axis->weights = g_new0 (float, (gsize)to *(gsize)axis->taps);
  for (int place = 0; place < to; place++)
    if (to > from)
      find_cubic (axis, from, to, place);
    else
      find_mean (axis, from, to, place);
}

static void
axis_clear (Axis *axis)
{
  g_free (axis->first);
  g_free (axis->weights);
}

GEN_CLONES (
    void, begin_sum, (float *sum, const guint8 *row, float weight, gsize n), (sum, row, weight, n))
{
  for (gsize i = 0; i < n; i++)
    sum[i] = row[i] * weight;
}

GEN_CLONES (
    void, add_row, (float *sum, const guint8 *row, float weight, gsize n), (sum, row, weight, n))
{
  for (gsize i = 0; i < n; i++)
    sum[i] += row[i] * weight;
}

/* The channels of a pixel; what it has less than four are its neighbour's, and of no use. */
typedef float Pixel __attribute__ ((vector_size (16), aligned (4), may_alias));

static inline __attribute__ ((always_inline)) void
sum_pixels (const Axis *axis, int taps, const float *in, float *out, int n, int channels)
{
  for (int place = 0; place < n; place++, out += channels) {
    const float *from = in + (gsize)axis->first[place] * (gsize)channels;
    const float *weights = axis->weights + (gsize)place * (gsize)taps;
    Pixel pixel = { 0 };

    for (int t = 0; t < taps; t++, from += channels)
      pixel += *(const Pixel *)from * weights[t];
    /* What is beyond its channels the next pixel overwrites. */
    *(Pixel *)out = pixel;
  }
}

static inline __attribute__ ((always_inline)) void
sum_grey (const Axis *axis, int taps, const float *in, float *out, int n)
{
  for (int place = 0; place < n; place++) {
    const float *from = in + axis->first[place];
    const float *weights = axis->weights + (gsize)place * (gsize)taps;
    float value = 0;

    for (int t = 0; t < taps; t++)
      value += from[t] * weights[t];
    out[place] = value;
  }
}

static inline __attribute__ ((always_inline)) void
sum_taps (const Axis *axis, int taps, const float *in, float *out, int n, int channels)
{
  if (channels == 1)
    sum_grey (axis, taps, in, out, n);
  else if (channels == 3)
    sum_pixels (axis, taps, in, out, n, 3);
  else
    sum_pixels (axis, taps, in, out, n, 4);
}

/* Short sums are written out. */
GEN_CLONES (void, sum_row, (const Axis *axis, const float *in, float *out, int n, int channels),
    (axis, in, out, n, channels))
{
  switch (axis->taps) {
  case 1:
    sum_taps (axis, 1, in, out, n, channels);
    break;
  case 2:
    sum_taps (axis, 2, in, out, n, channels);
    break;
  case 3:
    sum_taps (axis, 3, in, out, n, channels);
    break;
  case 4:
    sum_taps (axis, 4, in, out, n, channels);
    break;
  default:
    sum_taps (axis, axis->taps, in, out, n, channels);
  }
}

GEN_CLONES (void, round_row, (const float *in, guint8 *out, gsize n), (in, out, n))
{
  for (gsize i = 0; i < n; i++) {
    const float value = in[i] + 0.5f;
    const float held = value < 0 ? 0 : value;

    out[i] = (guint8)(int)(held > 255 ? 255 : held);
  }
}

void
gen_picture_scale (const GenPicture *source, GenPicture *target)
{
  const gsize n = (gsize)source->width * (gsize)source->channels;
  const gsize wide = (gsize)target->width * (gsize)target->channels;
  g_autofree float *sum = g_new0 (float, n + 4), *line = g_new (float, wide + 4);
  Axis across, down;

  axis_init (&across, source->width, target->width);
  axis_init (&down, source->height, target->height);
  for (int y = 0; y < target->height; y++) {
    const guint8 *row = source->data + (gssize)down.first[y] * source->stride;
    const float *weights = down.weights + (gsize)y * (gsize)down.taps;

    begin_sum (sum, row, weights[0], n);
    for (int t = 1; t < down.taps; t++)
      if (weights[t] != 0)
        add_row (sum, row + (gssize)t * source->stride, weights[t], n);
    sum_row (&across, sum, line, target->width, target->channels);
    round_row (line, target->data + (gssize)y * target->stride, wide);
  }
  axis_clear (&across);
  axis_clear (&down);
}
