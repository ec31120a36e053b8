/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise level: the standard deviation of noise in luma, by what an operator answers that flat areas
 * and straight edges do not (Immerkær, "Fast noise variance estimation", CVIU 1996). */
#include "metrics.h"

#include <math.h>
#include <stdlib.h>

#include "../simd.h"

/* Magnitudes of the answers of (1 -2 1, -2 4 -2, 1 -2 1) in columns [1, n - 1). */
GEN_CLONES (guint64, sum_row, (const guint8 *above, const guint8 *row, const guint8 *below, int n),
    (above, row, below, n))
{
  guint64 total = 0;

  for (int begin = 1; begin < n - 1; begin += GEN_METRIC_SPAN) {
    const int end = MIN (begin + GEN_METRIC_SPAN, n - 1);
    guint32 sum = 0;

    for (int x = begin; x < end; x++) {
      const gint16 corners = (gint16)(above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1]);
      const gint16 sides = (gint16)(above[x] + below[x] + row[x - 1] + row[x + 1]);
      const gint16 answer = (gint16)(corners - 2 * sides + 4 * row[x]);

      sum += (guint32)abs (answer);
    }
    total += sum;
  }
  return total;
}

static void
noise_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  guint64 sum = 0;

  if (luma->width < 3 || luma->height < 3)
    return;
  for (int y = 1; y < luma->height - 1; y++) {
    const guint8 *row = luma->data + (gssize)y * luma->stride;

    sum += sum_row (row - luma->stride, row, row + luma->stride, luma->width);
  }
  values[0] = sqrt (G_PI / 2) / 6 * (double)sum / (luma->width - 2.0) / (luma->height - 2.0);
}

const GenMetric gen_metric_noise_level = {
  .name = "noise-level",
  .medium = &gen_medium_picture,
  .summary = "Estimate of the standard deviation of noise in luma (Immerkaer 1996)",
  .unit = "levels, from 0",
  .fields = { { "noise-level", GEN_FIELD_NUMBER, NULL, "it takes three pixels each way at least",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .measure = noise_measure,
};
