/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sharpness: the variance of the Laplacian (Pech-Pacheco et al. 2000), with the kernel of four
 * neighbours and mirrored borders, as OpenCV's Laplacian () has them. Whole numbers, so the
 * figure is exact. */
#include "metrics.h"

#include "../simd.h"

/* Columns [1, n - 1): these have both neighbours in the row. */
GEN_CLONES (void, row_sums,
    (const guint8 *above, const guint8 *row, const guint8 *below, int n, gint64 *sum,
        guint64 *squares),
    (above, row, below, n, sum, squares))
{
  for (int begin = 1; begin < n - 1; begin += GEN_METRIC_SPAN) {
    int end = MIN (begin + GEN_METRIC_SPAN, n - 1);
    gint32 s = 0;
    guint32 q = 0;

    for (int x = begin; x < end; x++) {
      gint32 value = above[x] + below[x] + row[x - 1] + row[x + 1] - 4 * row[x];

      s += value;
      q += (guint32)(value * value);
    }
    *sum += s;
    *squares += q;
  }
}

static void
sharpness_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  int width = luma->width, height = luma->height;
  double n = (double)width * height, mean;
  gint64 sum = 0;
  guint64 squares = 0;

  for (int y = 0; y < height; y++) {
    const guint8 *row = luma->data + (gsize)y * luma->stride;
    const guint8 *above = luma->data + (gsize)gen_metric_mirror (y - 1, height) * luma->stride;
    const guint8 *below = luma->data + (gsize)gen_metric_mirror (y + 1, height) * luma->stride;

    row_sums (above, row, below, width, &sum, &squares);
    for (int x = 0; x < width; x += MAX (width - 1, 1)) {
      gint32 value = above[x] + below[x] + row[gen_metric_mirror (x - 1, width)] +
                     row[gen_metric_mirror (x + 1, width)] - 4 * row[x];

      sum += value;
      squares += (guint64)(value * value);
    }
  }
  mean = (double)sum / n;
  values[0] = (double)squares / n - mean * mean;
}

const GenMetric gen_metric_sharpness = {
  .name = "sharpness",
  .known_as = (const char *const[]){ "laplacian", "blur", "blurriness", NULL },
  .medium = &gen_medium_picture,
  .summary = "Variance of the Laplacian of luma (Pech-Pacheco et al. 2000)",
  .unit = "squared grey levels, from 0",
  .fields = { { "sharpness", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .measure = sharpness_measure,
};
