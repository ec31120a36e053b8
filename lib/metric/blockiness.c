/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blockiness: how much more luma jumps between blocks of 8 by 8, as JPEG and most video codecs make
 * them, than within: the mean difference of neighbours over an edge of the grid, over the mean of
 * all others, across and down (after Wang, Sheikh and Bovik, "No-reference perceptual quality
 * assessment of JPEG compressed images", ICIP 2002, who divide by the mean of all). */
#include "differences.h"
#include "metrics.h"

#include <stdlib.h>

#define BLOCK 8

/* Sums of differences over edges and elsewhere, and how many there are. */
typedef struct {
  guint64 sum[2], count[2];
} Jumps;

static void
add (Jumps *jumps, gboolean edges, guint64 sum, int count)
{
  jumps->sum[edges] += sum;
  jumps->count[edges] += (guint64)count;
}

/* Across, between all neighbours in a row. */
static void
add_row (Jumps *jumps, const guint8 *row, int width)
{
  const int edges = (width - 1) / BLOCK;
  guint64 sum = 0;

  for (int x = BLOCK; x < width; x += BLOCK)
    sum += (guint64)abs (row[x] - row[x - 1]);
  add (jumps, TRUE, sum, edges);
  add (jumps, FALSE, gen_differences_sum (row + 1, row, width - 1) - sum, width - 1 - edges);
}

static void
blockiness_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  Jumps jumps = { 0 };
  double edges, elsewhere;

  for (int y = 0; y < luma->height; y++) {
    const guint8 *row = luma->data + (gssize)y * luma->stride;

    add_row (&jumps, row, luma->width);
    if (y > 0)
      add (&jumps, y % BLOCK == 0, gen_differences_sum (row, row - luma->stride, luma->width),
          luma->width);
  }
  if (jumps.count[TRUE] == 0 || jumps.count[FALSE] == 0)
    return;
  edges = (double)jumps.sum[TRUE] / (double)jumps.count[TRUE];
  elsewhere = (double)jumps.sum[FALSE] / (double)jumps.count[FALSE];
  if (elsewhere > 0 || edges > 0)
    values[0] = edges / MAX (elsewhere, 1.0 / 255);
}

const GenMetric gen_metric_blockiness = {
  .name = "blockiness",
  .medium = &gen_medium_picture,
  .summary =
      "Mean difference of luma over the edges of blocks of 8 by 8, over that elsewhere (after "
      "Wang et al. 2002)",
  .unit = "ratio; 1 without blocks",
  .fields = { { "blockiness", GEN_FIELD_NUMBER, NULL, "it is flat, or smaller than a block",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .measure = blockiness_measure,
};
