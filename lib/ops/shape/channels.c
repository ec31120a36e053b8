/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums by channel are float32 over short runs and double across them; values are taken relative
 * to one of their own, so that a variance small beside the mean is not lost. */
#include "channels.h"

#include <string.h>

#include "../../simd.h"

/* Rows, or elements of a plane in each lane, before sums go to double. */
#define RUN 64
#define LANES 16
/* Channels in one sweep: their sums stay in the innermost cache. */
#define SWEEP 256

GenChannels
gen_channels_of (const GenTensor *tensor)
{
  const GenShape *shape = &tensor->shape;
  gsize channels = shape->rank > 1 ? shape->dims[1] : 1;
  gsize pixels = shape->rank > 2 ? gen_shape_product (shape, 2, shape->rank) : 1;

  if (tensor->layout == GEN_LAYOUT_CHANNELS_LAST)
    return (GenChannels){ shape->dims[0] * pixels, channels, 1 };
  return (GenChannels){ shape->dims[0], channels, pixels };
}

GEN_CLONES (void, sum_rows,
    (const float *x, const float *dy, gsize stride, gsize rows, gsize n, const float *shift,
        float (*sums)[SWEEP]),
    (x, dy, stride, rows, n, shift, sums))
{
  for (gsize r = 0; r < rows; r++, x += stride) {
    for (gsize c = 0; c < n; c++) {
      float d = x[c] - shift[c];

      sums[0][c] += d;
      sums[1][c] += d * d;
      if (dy != NULL) {
        sums[2][c] += dy[c];
        sums[3][c] += dy[c] * d;
      }
    }
    if (dy != NULL)
      dy += stride;
  }
}

GEN_CLONES (void, sum_plane,
    (const float *x, const float *dy, gsize n, float shift, double sums[4]),
    (x, dy, n, shift, sums))
{
  for (gsize i = 0; i < n; i += RUN * LANES) {
    gsize end = MIN (n, i + RUN * LANES), whole = i + (end - i) / LANES * LANES, k;
    float lanes[4][LANES] = { 0 };

    for (k = i; k < whole; k += LANES)
      for (gsize l = 0; l < LANES; l++) {
        float d = x[k + l] - shift, g = dy != NULL ? dy[k + l] : 0;

        lanes[0][l] += d;
        lanes[1][l] += d * d;
        lanes[2][l] += g;
        lanes[3][l] += g * d;
      }
    for (; k < end; k++) {
      float d = x[k] - shift, g = dy != NULL ? dy[k] : 0;

      lanes[0][0] += d;
      lanes[1][0] += d * d;
      lanes[2][0] += g;
      lanes[3][0] += g * d;
    }
    for (int s = 0; s < 4; s++)
      for (gsize l = 0; l < LANES; l++)
        sums[s] += lanes[s][l];
  }
}

static void
sum_all_rows (const GenChannels *c, const float *x, const float *dy, const float *shift,
    gsize first, gsize end, double *sums)
{
  float run[4][SWEEP];

  for (gsize row = first; row < end; row += RUN)
    for (gsize at = 0; at < c->channels; at += SWEEP) {
      gsize n = MIN (SWEEP, c->channels - at), offset = row * c->channels + at;

      memset (run, 0, sizeof run);
      sum_rows (x + offset, dy != NULL ? dy + offset : NULL, c->channels, MIN (RUN, end - row), n,
          shift + at, run);
      for (int s = 0; s < (dy != NULL ? 4 : 2); s++)
        for (gsize k = 0; k < n; k++)
          sums[s * c->channels + at + k] += run[s][k];
    }
}

void
gen_channels_sum (const GenChannels *c, const float *x, const float *dy, const float *shift,
    gsize first, gsize end, double *sums)
{
  memset (sums, 0, 4 * c->channels * sizeof *sums);
  if (c->inner == 1) {
    sum_all_rows (c, x, dy, shift, first, end, sums);
    return;
  }
  for (gsize o = first; o < end; o++)
    for (gsize k = 0; k < c->channels; k++) {
      gsize offset = (o * c->channels + k) * c->inner;
      double plane[4] = { 0 };

      sum_plane (x + offset, dy != NULL ? dy + offset : NULL, c->inner, shift[k], plane);
      for (int s = 0; s < 4; s++)
        sums[s * c->channels + k] += plane[s];
    }
}

void
gen_channels_shift (const GenChannels *c, const float *x, float *shift)
{
  for (gsize k = 0; k < c->channels; k++)
    shift[k] = c->outer > 0 && c->inner > 0 ? x[k * c->inner] : 0;
}

GEN_CLONES (void, map_row,
    (const float *x, const float *a, const float *y, const float *b, const float *s, float *out,
        gsize n),
    (x, a, y, b, s, out, n))
{
  if (y == NULL)
    for (gsize i = 0; i < n; i++)
      out[i] = a[i] * x[i] + s[i];
  else
    for (gsize i = 0; i < n; i++)
      out[i] = a[i] * x[i] + b[i] * y[i] + s[i];
}

GEN_CLONES (void, map_plane,
    (const float *x, float a, const float *y, float b, float s, float *out, gsize n),
    (x, a, y, b, s, out, n))
{
  if (y == NULL)
    for (gsize i = 0; i < n; i++)
      out[i] = a * x[i] + s;
  else
    for (gsize i = 0; i < n; i++)
      out[i] = a * x[i] + b * y[i] + s;
}

void
gen_channels_map (const GenChannels *c, const float *x, const float *a, const float *y,
    const float *b, const float *s, float *out, gsize first, gsize end)
{
  for (gsize o = first; o < end; o++) {
    gsize at = o * c->channels * c->inner;

    if (c->inner == 1) {
      map_row (x + at, a, y != NULL ? y + at : NULL, b, s, out + at, c->channels);
      continue;
    }
    for (gsize k = 0; k < c->channels; k++, at += c->inner)
      map_plane (
          x + at, a[k], y != NULL ? y + at : NULL, y != NULL ? b[k] : 0, s[k], out + at, c->inner);
  }
}
