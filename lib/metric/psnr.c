/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PSNR: the peak signal-to-noise ratio, 10 log10 (255² / mean squared error), over all channels. */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

typedef struct {
  guint64 squares, count; /* of all frames */
} Psnr;

static gpointer
psnr_open (const GenMetricSettings *settings)
{
  return g_new0 (Psnr, 1);
}

/* Exact: a squared difference takes 16 bits, so that 65,536 of them do not overflow. Differences of
 * 16 bits are squared and added in pairs by one instruction. */
GEN_CLONES (
    guint64, sum_squares, (const guint8 *restrict a, const guint8 *restrict b, int n), (a, b, n))
{
  guint64 total = 0;

  for (int begin = 0; begin < n; begin += GEN_METRIC_SPAN) {
    const int end = MIN (begin + GEN_METRIC_SPAN, n);
    gint32 sum = 0;

    for (int x = begin; x < end; x++) {
      const gint16 difference = (gint16)(a[x] - b[x]);

      sum += difference * difference;
    }
    total += (guint32)sum;
  }
  return total;
}

static double
find_ratio (guint64 squares, guint64 count)
{
  return squares > 0 ? 10 * log10 (255.0 * 255 * (double)count / (double)squares) : GEN_MISSING;
}

static void
psnr_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenPicture *a = &frame->picture, *b = &reference->picture;
  const int n = a->width * a->channels;
  Psnr *psnr = metric;
  guint64 squares = 0;

  for (int y = 0; y < a->height; y++)
    squares += sum_squares (a->data + (gssize)y * a->stride, b->data + (gssize)y * b->stride, n);
  values[0] = find_ratio (squares, (guint64)n * (guint64)a->height);
  psnr->squares += squares;
  psnr->count += (guint64)n * (guint64)a->height;
}

static gboolean
psnr_figure (gpointer metric, double *values, GError **error)
{
  const Psnr *psnr = metric;

  values[0] = psnr->count > 0 ? find_ratio (psnr->squares, psnr->count) : GEN_MISSING;
  return TRUE;
}

#define EQUAL "it is equal to what it should be"

const GenMetric gen_metric_psnr = {
  .name = "psnr",
  .medium = &gen_medium_picture,
  .summary = "Peak signal-to-noise ratio over all channels, and over all frames, by the mean of "
             "their squared errors",
  .unit = "decibels",
  .in_colour = TRUE,
  .fields = { { "psnr", GEN_FIELD_NUMBER, NULL, EQUAL, .better = GEN_BETTER_HIGHER },
      { "psnr-overall", GEN_FIELD_NUMBER, NULL, EQUAL, .better = GEN_BETTER_HIGHER } },
  .n_fields = 2,
  .n_measured = 1,
  .open = psnr_open,
  .close = g_free,
  .judge = psnr_judge,
  .figure = psnr_figure,
};
