/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colourfulness: how far the opponents red against green and yellow against blue spread and lie
 * from grey (Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003). The sums are
 * whole numbers. */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

/* Of red - green, and of red + green - 2 blue, which is twice the other opponent. */
typedef struct {
  gint64 sum[2];
  guint64 squares[2];
} Sums;

GEN_CLONES (void, add_row, (const guint8 *rgb, int n, Sums *sums), (rgb, n, sums))
{
  for (int begin = 0; begin < n; begin += GEN_METRIC_SPAN) {
    const int end = MIN (begin + GEN_METRIC_SPAN, n);
    gint32 sum[2] = { 0 }, squares[2] = { 0 };

    for (int x = begin; x < end; x++) {
      const gint16 red = rgb[3 * x], green = rgb[3 * x + 1], blue = rgb[3 * x + 2];
      const gint16 a = (gint16)(red - green), b = (gint16)(red + green - 2 * blue);

      sum[0] += a;
      sum[1] += b;
      squares[0] += a * a;
      squares[1] += b * b;
    }
    for (int i = 0; i < 2; i++) {
      sums->sum[i] += sum[i];
      sums->squares[i] += (guint32)squares[i];
    }
  }
}

static void
colourfulness_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *picture = &sample->picture;
  const double n = (double)picture->width * picture->height;
  double mean[2], variance[2];
  Sums sums = { 0 };

  values[0] = 0;
  if (picture->channels == 1)
    return;
  for (int y = 0; y < picture->height; y++)
    add_row (picture->data + (gssize)y * picture->stride, picture->width, &sums);
  for (int i = 0; i < 2; i++) {
    mean[i] = (double)sums.sum[i] / n / (i + 1);
    variance[i] = (double)sums.squares[i] / n / ((i + 1) * (i + 1)) - mean[i] * mean[i];
  }
  values[0] = sqrt (MAX (variance[0] + variance[1], 0)) +
              0.3 * sqrt (mean[0] * mean[0] + mean[1] * mean[1]);
}

const GenMetric gen_metric_colourfulness = {
  .name = "colourfulness",
  .known_as = (const char *const[]){ "colorfulness", NULL },
  .medium = &gen_medium_picture,
  .summary = "Spread of the opponents red and green, yellow and blue, and three tenths of their "
             "distance from grey (Hasler and Suesstrunk 2003)",
  .unit = "levels, from 0 for grey; 109 is extremely colourful",
  .in_colour = TRUE,
  .fields = { { "colourfulness", GEN_FIELD_NUMBER, NULL } },
  .n_fields = 1,
  .measure = colourfulness_measure,
};
