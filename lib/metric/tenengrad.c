/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tenengrad: the mean squared magnitude of the Sobel gradient (Tenenbaum 1970; Krotkov 1988),
 * with mirrored borders. Whole numbers, so the figure is exact. */
#include "metrics.h"

#include "../simd.h"

/* The squared gradient at the middle of three rows of three pixels. */
static inline gint32
gradient (const guint8 *a, const guint8 *r, const guint8 *b, int left, int x, int right)
{
  const gint16 dx = (gint16)(a[right] - a[left] + 2 * (r[right] - r[left]) + b[right] - b[left]);
  const gint16 dy = (gint16)(b[left] - a[left] + 2 * (b[x] - a[x]) + b[right] - a[right]);

  return dx * dx + dy * dy;
}

/* Columns [1, n - 1). */
GEN_CLONES (guint64, row_sum, (const guint8 *above, const guint8 *row, const guint8 *below, int n),
    (above, row, below, n))
{
  guint64 total = 0;

  for (int begin = 1; begin < n - 1; begin += GEN_METRIC_SPAN) {
    int end = MIN (begin + GEN_METRIC_SPAN, n - 1);
    gint32 sum = 0;

    for (int x = begin; x < end; x++)
      sum += gradient (above, row, below, x - 1, x, x + 1);
    total += (guint32)sum;
  }
  return total;
}

static void
tenengrad_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  int width = luma->width, height = luma->height;
  guint64 sum = 0;

  for (int y = 0; y < height; y++) {
    const guint8 *row = luma->data + (gsize)y * luma->stride;
    const guint8 *above = luma->data + (gsize)gen_metric_mirror (y - 1, height) * luma->stride;
    const guint8 *below = luma->data + (gsize)gen_metric_mirror (y + 1, height) * luma->stride;

    sum += row_sum (above, row, below, width);
    for (int x = 0; x < width; x += MAX (width - 1, 1))
      sum += (guint32)gradient (
          above, row, below, gen_metric_mirror (x - 1, width), x, gen_metric_mirror (x + 1, width));
  }
  values[0] = (double)sum / width / height;
}

const GenMetric gen_metric_tenengrad = {
  .name = "tenengrad",
  .medium = &gen_medium_picture,
  .summary = "Mean squared Sobel gradient of luma (Tenenbaum 1970)",
  .unit = "squared grey levels, from 0",
  .fields = { { "tenengrad", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .measure = tenengrad_measure,
};
