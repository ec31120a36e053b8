/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flicker: brightness that goes to and fro. In cells of 16 by 16 pixels, where the change since the
 * frame before has the other sign than the one before that, the lesser of both magnitudes counts;
 * what fades, or moves through once, does not turn back and so has none. */
#include "metrics.h"

#include <math.h>

#define CELL 16

typedef struct {
  int width, height; /* of the frames before */
  int columns, rows;
  int seen;                /* frames that follow each other, 2 at most */
  double *now, *before[2]; /* means of cells; of the last frame first */
} Flicker;

static gpointer
flicker_open (const GenMetricSettings *settings)
{
  return g_new0 (Flicker, 1);
}

static void
forget (Flicker *flicker)
{
  g_clear_pointer (&flicker->now, g_free);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&flicker->before[i], g_free);
  flicker->seen = flicker->width = flicker->height = 0;
}

static void
flicker_close (gpointer metric)
{
  forget (metric);
  g_free (metric);
}

static void
flicker_interrupt (gpointer metric)
{
  ((Flicker *)metric)->seen = 0;
}

static void
make_room (Flicker *flicker, const GenPicture *luma)
{
  if (flicker->width == luma->width && flicker->height == luma->height)
    return;
  forget (flicker);
  flicker->width = luma->width;
  flicker->height = luma->height;
  flicker->columns = (luma->width + CELL - 1) / CELL;
  flicker->rows = (luma->height + CELL - 1) / CELL;
  flicker->now = g_new (double, flicker->columns * flicker->rows);
  for (int i = 0; i < 2; i++)
    flicker->before[i] = g_new (double, flicker->columns * flicker->rows);
}

/* The last cell of a row or column may be smaller. */
static void
reduce (const Flicker *flicker, const GenPicture *luma)
{
  for (int i = 0; i < flicker->rows; i++)
    for (int j = 0; j < flicker->columns; j++) {
      const int end_y = MIN ((i + 1) * CELL, luma->height);
      const int end_x = MIN ((j + 1) * CELL, luma->width);
      const int n = (end_y - i * CELL) * (end_x - j * CELL);
      guint32 sum = 0;

      for (int y = i * CELL; y < end_y; y++)
        for (int x = j * CELL; x < end_x; x++)
          sum += luma->data[(gssize)y * luma->stride + x];
      flicker->now[i * flicker->columns + j] = (double)sum / n;
    }
}

static double
find_turns (const Flicker *flicker)
{
  const int n = flicker->columns * flicker->rows;
  double sum = 0;

  for (int i = 0; i < n; i++) {
    const double change = flicker->now[i] - flicker->before[0][i];
    const double earlier = flicker->before[0][i] - flicker->before[1][i];

    if (change * earlier < 0)
      sum += MIN (fabs (change), fabs (earlier));
  }
  return sum / n / 255;
}

static void
flicker_measure (gpointer metric, const GenSample *sample, double *values)
{
  Flicker *flicker = metric;
  double *oldest;

  make_room (flicker, &sample->picture);
  reduce (flicker, &sample->picture);
  if (flicker->seen == 2)
    values[0] = find_turns (flicker);
  oldest = flicker->before[1];
  flicker->before[1] = flicker->before[0];
  flicker->before[0] = flicker->now;
  flicker->now = oldest;
  flicker->seen = MIN (flicker->seen + 1, 2);
}

const GenMetric gen_metric_flicker = {
  .name = "flicker",
  .medium = &gen_medium_picture,
  .summary = "Mean amount by which the brightness of areas of 16 by 16 pixels turns back on what "
             "it did a frame before",
  .unit = "share of full scale, 0 to 1",
  .fields = { { "flicker", GEN_FIELD_NUMBER, NULL, "less than two frames come before this one",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .open = flicker_open,
  .close = flicker_close,
  .measure = flicker_measure,
  .interrupt = flicker_interrupt,
};
