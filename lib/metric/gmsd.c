/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GMSD: the deviation of the similarity of gradients' magnitudes over the picture, of luma halved
 * by the mean of two by two (Xue, Zhang, Mou and Bovik, "Gradient magnitude similarity deviation: a
 * highly efficient perceptual image quality index", IEEE TIP 2014). */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

#define C 170.0f

typedef struct {
  float *planes[2]; /* halved pictures, each with a border of zeros */
  guint8 *zeros;    /* a row of levels */
  gsize room;
  int width;
} Gmsd;

static gpointer
gmsd_open (const GenMetricSettings *settings)
{
  return g_new0 (Gmsd, 1);
}

static void
clear_room (Gmsd *gmsd)
{
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&gmsd->planes[i], g_free);
  g_clear_pointer (&gmsd->zeros, g_free);
}

static void
gmsd_close (gpointer metric)
{
  clear_room (metric);
  g_free (metric);
}

static void
make_room (Gmsd *gmsd, int width, int height)
{
  const gsize n = ((gsize)width + 2) * ((gsize)height + 2);

  if (n == gmsd->room && width == gmsd->width)
    return;
  clear_room (gmsd);
  for (int i = 0; i < 2; i++)
    gmsd->planes[i] = g_new0 (float, n);
  gmsd->zeros = g_new0 (guint8, 2 * (gsize)width);
  gmsd->room = n;
  gmsd->width = width;
}

/* The mean of two by two, within the border; zeros are beyond an odd extent, as in the authors'
 * program. */
static void
halve (const Gmsd *gmsd, const GenPicture *luma, float *plane, int width, int height)
{
  const int last = luma->width - 1;

  for (int y = 0; y < height; y++) {
    const guint8 *above = luma->data + (gssize)2 * y * luma->stride;
    const guint8 *below = 2 * y + 1 < luma->height ? above + luma->stride : gmsd->zeros;
    float *to = plane + ((gsize)y + 1) * ((gsize)width + 2) + 1;

    gen_metric_halve_row (above, below, to, luma->width / 2);
    if (luma->width % 2 != 0)
      to[width - 1] = (float)(above[last] + below[last]) / 4;
  }
}

/* The magnitude of Prewitt's gradient at the middle of three rows of three. */
static inline float
find_gradient (const float *above, const float *row, const float *below)
{
  const float across = (above[0] - above[2] + row[0] - row[2] + below[0] - below[2]) / 3;
  const float down = (above[0] + above[1] + above[2] - below[0] - below[1] - below[2]) / 3;

  return sqrtf (across * across + down * down);
}

#define STRANDS 16

/* Sums over places of how far similarity is from 1, of which the deviation is the same, and of its
 * squares; each in strands that single precision holds over a row. */
typedef struct {
  float sum[STRANDS], squares[STRANDS];
} Strands;

/* A place, of which `a` and `b` are what is above and left in either picture. */
static inline __attribute__ ((always_inline)) void
add_place (const float *a, const float *b, gsize stride, Strands *strands, int s)
{
  const float p = find_gradient (a, a + stride, a + 2 * stride);
  const float q = find_gradient (b, b + stride, b + 2 * stride);
  const float difference = (p - q) * (p - q) / (p * p + q * q + C);

  strands->sum[s] += difference;
  strands->squares[s] += difference * difference;
}

GEN_CLONES (void, add_row,
    (const float *restrict a, const float *restrict b, gsize stride, int n, double *sum,
        double *squares),
    (a, b, stride, n, sum, squares))
{
  Strands strands = { 0 };
  int x = 0;

  for (; x + STRANDS <= n; x += STRANDS)
    for (int s = 0; s < STRANDS; s++)
      add_place (a + x + s, b + x + s, stride, &strands, s);
  for (; x < n; x++)
    add_place (a + x, b + x, stride, &strands, x % STRANDS);
  for (int s = 0; s < STRANDS; s++) {
    *sum += strands.sum[s];
    *squares += strands.squares[s];
  }
}

static void
gmsd_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const int width = (frame->picture.width + 1) / 2, height = (frame->picture.height + 1) / 2;
  const gsize stride = (gsize)width + 2;
  const double n = (double)width * height;
  Gmsd *gmsd = metric;
  double sum = 0, squares = 0;

  make_room (gmsd, width, height);
  halve (gmsd, &frame->picture, gmsd->planes[0], width, height);
  halve (gmsd, &reference->picture, gmsd->planes[1], width, height);
  for (int y = 0; y < height; y++)
    add_row (gmsd->planes[0] + (gsize)y * stride, gmsd->planes[1] + (gsize)y * stride, stride,
        width, &sum, &squares);
  values[0] = sqrt (MAX (squares / n - sum / n * (sum / n), 0));
}

const GenMetric gen_metric_gmsd = {
  .name = "gmsd",
  .medium = &gen_medium_picture,
  .summary = "Deviation of the similarity of luma's gradients over the picture (Xue et al. 2014)",
  .unit = "from 0, for equal frames",
  .fields = { { "gmsd", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .open = gmsd_open,
  .close = gmsd_close,
  .judge = gmsd_judge,
};
