/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brightness: the mean of luma. */
#include "metrics.h"

#include "../simd.h"

GEN_CLONES (guint64, row_sum, (const guint8 *row, int n), (row, n))
{
  guint64 total = 0;

  for (int begin = 0; begin < n; begin += GEN_METRIC_SPAN) {
    int end = MIN (begin + GEN_METRIC_SPAN, n);
    guint32 sum = 0;

    for (int x = begin; x < end; x++)
      sum += row[x];
    total += sum;
  }
  return total;
}

static void
brightness_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  guint64 sum = 0;

  for (int y = 0; y < luma->height; y++)
    sum += row_sum (luma->data + (gsize)y * luma->stride, luma->width);
  values[0] = (double)sum / luma->width / luma->height / 255;
}

const GenMetric gen_metric_brightness = {
  .name = "brightness",
  .medium = &gen_medium_picture,
  .summary = "Mean luma",
  .unit = "share of full scale, 0 to 1",
  .fields = { { "brightness", GEN_FIELD_NUMBER, NULL } },
  .n_fields = 1,
  .measure = brightness_measure,
};
