/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Black: the share of pixels whose luma is below 32, as FFmpeg's blackframe counts them. */
#include "metrics.h"

#include "../simd.h"

#define BELOW 32

GEN_CLONES (guint32, count_row, (const guint8 *row, int n), (row, n))
{
  guint32 count = 0;

  for (int x = 0; x < n; x++)
    count += row[x] < BELOW;
  return count;
}

static void
black_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  guint64 count = 0;

  for (int y = 0; y < luma->height; y++)
    count += count_row (luma->data + (gssize)y * luma->stride, luma->width);
  values[0] = (double)count / luma->width / luma->height;
}

const GenMetric gen_metric_black = {
  .name = "black",
  .medium = &gen_medium_picture,
  .summary = "Share of pixels whose luma is below 32",
  .unit = "share, 0 to 1",
  .fields = { { "black", GEN_FIELD_NUMBER, NULL } },
  .n_fields = 1,
  .measure = black_measure,
};
