/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contrast: the standard deviation of luma (RMS contrast, Peli 1990). The sums are whole
 * numbers, so that nothing is lost in a difference of large ones. */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

GEN_CLONES (void, row_sums, (const guint8 *row, int n, guint64 *sum, guint64 *squares),
    (row, n, sum, squares))
{
  for (int begin = 0; begin < n; begin += GEN_METRIC_SPAN) {
    int end = MIN (begin + GEN_METRIC_SPAN, n);
    guint32 s = 0, q = 0;

    for (int x = begin; x < end; x++) {
      s += row[x];
      q += (guint32)row[x] * row[x];
    }
    *sum += s;
    *squares += q;
  }
}

static void
contrast_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  double n = (double)luma->width * luma->height, mean;
  guint64 sum = 0, squares = 0;

  for (int y = 0; y < luma->height; y++)
    row_sums (luma->data + (gsize)y * luma->stride, luma->width, &sum, &squares);
  mean = (double)sum / n;
  values[0] = sqrt (MAX ((double)squares / n - mean * mean, 0)) / 255;
}

const GenMetric gen_metric_contrast = {
  .name = "contrast",
  .medium = &gen_medium_picture,
  .summary = "RMS contrast: standard deviation of luma (Peli 1990)",
  .unit = "share of full scale, 0 to 0.5",
  .fields = { { "contrast", GEN_FIELD_NUMBER, NULL } },
  .n_fields = 1,
  .measure = contrast_measure,
};
