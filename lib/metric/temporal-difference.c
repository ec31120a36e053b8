/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal difference: the mean magnitude of luma's change since the frame before: 0 where a film
 * has frozen. */
#include "differences.h"
#include "metrics.h"

#include <string.h>

typedef struct {
  int width, height; /* 0: no frame comes before */
  guint8 *previous;
} Difference;

static gpointer
difference_open (const GenMetricSettings *settings)
{
  return g_new0 (Difference, 1);
}

static void
difference_close (gpointer metric)
{
  g_free (((Difference *)metric)->previous);
  g_free (metric);
}

static void
difference_interrupt (gpointer metric)
{
  ((Difference *)metric)->width = 0;
}

static void
difference_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  Difference *difference = metric;
  const gboolean compares = luma->width == difference->width && luma->height == difference->height;
  guint64 sum = 0;

  if (!compares) {
    difference->width = luma->width;
    difference->height = luma->height;
    difference->previous =
        g_realloc (difference->previous, (gsize)luma->width * (gsize)luma->height);
  }
  for (int y = 0; y < luma->height; y++) {
    const guint8 *row = luma->data + (gssize)y * luma->stride;
    guint8 *previous = difference->previous + (gsize)y * (gsize)luma->width;

    if (compares)
      sum += gen_differences_sum (row, previous, luma->width);
    memcpy (previous, row, (gsize)luma->width);
  }
  if (compares)
    values[0] = (double)sum / luma->width / luma->height / 255;
}

const GenMetric gen_metric_temporal_difference = {
  .name = "temporal-difference",
  .known_as = (const char *const[]){ "flicker", NULL },
  .medium = &gen_medium_picture,
  .summary = "Mean magnitude of the change of luma since the frame before",
  .unit = "share of full scale, 0 to 1",
  .fields = { { "temporal-difference", GEN_FIELD_NUMBER, NULL, "no frame comes before this one" } },
  .n_fields = 1,
  .open = difference_open,
  .close = difference_close,
  .measure = difference_measure,
  .interrupt = difference_interrupt,
};
