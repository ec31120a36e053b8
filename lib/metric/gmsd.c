/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GMSD: the deviation of the similarity of gradients' magnitudes over the picture, of luma halved
 * by the mean of two by two (Xue, Zhang, Mou and Bovik, "Gradient magnitude similarity deviation: a
 * highly efficient perceptual image quality index", IEEE TIP 2014). */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

#define C 170.0f

typedef struct {
  float *planes[2], *rows[2]; /* halved pictures, each with a border of zeros; gradients of a row */
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
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&gmsd->planes[i], g_free);
    g_clear_pointer (&gmsd->rows[i], g_free);
  }
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
  for (int i = 0; i < 2; i++) {
    gmsd->planes[i] = g_new0 (float, n);
    gmsd->rows[i] = g_new (float, width);
  }
  gmsd->room = n;
  gmsd->width = width;
}

/* The mean of two by two, within the border; zeros are beyond an odd extent, as in the authors'
 * program. */
static void
halve (const GenPicture *luma, float *plane, int width, int height)
{
  for (int y = 0; y < height; y++) {
    const guint8 *above = luma->data + (gssize)2 * y * luma->stride;
    const guint8 *below = 2 * y + 1 < luma->height ? above + luma->stride : NULL;
    float *to = plane + ((gsize)y + 1) * ((gsize)width + 2) + 1;

    for (int x = 0; x < width; x++) {
      const gboolean wide = 2 * x + 1 < luma->width;
      int sum = above[2 * x] + (wide ? above[2 * x + 1] : 0);

      if (below != NULL)
        sum += below[2 * x] + (wide ? below[2 * x + 1] : 0);
      to[x] = (float)sum / 4;
    }
  }
}

/* The magnitude of Prewitt's gradients. */
GEN_CLONES (void, find_gradients,
    (const float *restrict above, const float *restrict row, const float *restrict below,
        float *restrict out, int n),
    (above, row, below, out, n))
{
  for (int x = 0; x < n; x++) {
    const float across =
        (above[x] - above[x + 2] + row[x] - row[x + 2] + below[x] - below[x + 2]) / 3;
    const float down =
        (above[x] + above[x + 1] + above[x + 2] - below[x] - below[x + 1] - below[x + 2]) / 3;

    out[x] = sqrtf (across * across + down * down);
  }
}

static void
add_row (const float *a, const float *b, int n, double *sum, double *squares)
{
  for (int x = 0; x < n; x++) {
    const double similarity = (2 * a[x] * b[x] + C) / (a[x] * a[x] + b[x] * b[x] + C);

    *sum += similarity;
    *squares += similarity * similarity;
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
  halve (&frame->picture, gmsd->planes[0], width, height);
  halve (&reference->picture, gmsd->planes[1], width, height);
  for (int y = 0; y < height; y++) {
    for (int i = 0; i < 2; i++) {
      const float *above = gmsd->planes[i] + (gsize)y * stride;

      find_gradients (above, above + stride, above + 2 * stride, gmsd->rows[i], width);
    }
    add_row (gmsd->rows[0], gmsd->rows[1], width, &sum, &squares);
  }
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
