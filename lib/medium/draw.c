/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waves and colours. */
#include "draw.h"

#include <math.h>
#include <string.h>

static const guint8 ground[3] = { 18, 18, 24 }, middle[3] = { 48, 52, 64 };
static const guint8 wave[3] = { 110, 200, 230 }, beyond[3] = { 255, 80, 60 };

GenPicture
gen_draw_part (const GenPicture *picture, int x, int y, int width, int height)
{
  GenPicture part = *picture;

  part.data += (gssize)y * picture->stride + (gssize)x * picture->channels;
  part.width = width;
  part.height = height;
  part.owned = FALSE;
  return part;
}

void
gen_draw_pixel (GenPicture *picture, int x, int y, const guint8 *rgb)
{
  memcpy (picture->data + (gssize)y * picture->stride + (gssize)x * 3, rgb, 3);
}

/* Matplotlib's "magma" (Nathaniel Smith and Stefan van der Walt, CC0) as polynomials, fitted to
 * within 6 of 255. */
void
gen_draw_heat (float value, guint8 *rgb)
{
  static const float terms[7][3] = {
    { -0.0021f, -0.0007f, -0.0095f },
    { 0.2505f, 0.6945f, 2.4953f },
    { 8.3459f, -3.5960f, 0.3291f },
    { -27.6670f, 14.2539f, -13.6466f },
    { 52.1707f, -27.9446f, 12.8811f },
    { -50.7586f, 29.0539f, 4.2699f },
    { 18.6643f, -11.4900f, -5.5708f },
  };
  float x = CLAMP (value, 0, 1);

  for (int c = 0; c < 3; c++) {
    float sum = 0;

    for (int i = 6; i >= 0; i--)
      sum = sum * x + terms[i][c];
    rgb[c] = (guint8)lrintf (CLAMP (sum, 0, 1) * 255);
  }
}

/* The least and the greatest of a column's numbers and of the one that follows, so that columns
 * hang together. */
static void
find_range (const float *numbers, gsize from, gsize to, int step, float *low, float *high)
{
  *low = *high = numbers[from * (gsize)step];
  for (gsize i = from + 1; i < to; i++) {
    *low = MIN (*low, numbers[i * (gsize)step]);
    *high = MAX (*high, numbers[i * (gsize)step]);
  }
}

static int
row_of (const GenPicture *picture, float value)
{
  return (int)lrintf ((1 - CLAMP (value, -1, 1)) / 2 * (float)(picture->height - 1));
}

/* A column: the ground, and on it what there is from `low` to `high`. */
static void
draw_column (GenPicture *picture, int x, float low, float high)
{
  const guint8 *rgb = low < -1 || high > 1 ? beyond : wave;
  int top = row_of (picture, high), bottom = row_of (picture, low);

  for (int y = 0; y < picture->height; y++)
    gen_draw_pixel (picture, x, y,
        y >= top && y <= bottom    ? rgb
        : y == picture->height / 2 ? middle
                                   : ground);
}

void
gen_draw_wave (GenPicture *picture, const float *numbers, gsize n, int step, float scale)
{
  gsize width = (gsize)picture->width;

  for (gsize x = 0; x < width; x++) {
    gsize from = x * n / width, to = MIN ((x + 1) * n / width + 1, n);
    float low = 0, high = 0;

    if (n > 0)
      find_range (numbers, from, MAX (to, from + 1), step, &low, &high);
    draw_column (picture, (int)x, low * scale, high * scale);
  }
}

void
gen_draw_bars (GenPicture *picture, const float *numbers, gsize n, float scale)
{
  gsize width = (gsize)picture->width;

  for (gsize x = 0; x < width; x++) {
    gsize from = x * n / width, to = MAX ((x + 1) * n / width, from + 1);
    float low = 0, high = 0;

    if (n > 0)
      find_range (numbers, from, to, 1, &low, &high);
    draw_column (picture, (int)x, MIN (low, 0) * scale, MAX (high, 0) * scale);
  }
}
