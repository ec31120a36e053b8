/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Banding: the share of neighbours between which luma makes a small step from one flat stretch to
 * another, as where a slope has too few levels. What a step is follows P. Tandon et al., "CAMBI:
 * contrast-aware multiscale banding index", PCS 2021, in that it is small, and that both sides are
 * flat; there is one scale here, and no model of what an eye sees. */
#include "metrics.h"

#include <stdlib.h>

/* Pixels to either side that are one level, and how large a step between is. */
#define FLAT 4
#define STEP 4

/* Steps among `n` pixels, `stride` apart. */
static guint64
count_steps (const guint8 *pixels, gssize stride, int n)
{
  guint64 steps = 0;
  int run = 1, run_before = 0, step = 0;

  for (int i = 1; i < n; i++) {
    const int change = pixels[i * stride] - pixels[(i - 1) * stride];

    if (change == 0) {
      run++;
    } else {
      run_before = run;
      run = 1;
      step = abs (change);
    }
    /* A stretch has just become long enough that begins behind a step. */
    steps += change == 0 && run == FLAT && run_before >= FLAT && step <= STEP;
  }
  return steps;
}

static void
banding_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  const guint64 pairs = (guint64)(luma->width - 1) * (guint64)luma->height +
                        (guint64)luma->width * (guint64)(luma->height - 1);
  guint64 steps = 0;

  for (int y = 0; y < luma->height; y++)
    steps += count_steps (luma->data + (gssize)y * luma->stride, 1, luma->width);
  for (int x = 0; x < luma->width; x++)
    steps += count_steps (luma->data + x, luma->stride, luma->height);
  values[0] = pairs > 0 ? (double)steps / (double)pairs : GEN_MISSING;
}

const GenMetric gen_metric_banding = {
  .name = "banding",
  .known_as = (const char *const[]){ "cambi", NULL },
  .medium = &gen_medium_picture,
  .summary = "Share of neighbours between which luma steps by 1 to 4 levels from one flat stretch "
             "to another (after Tandon et al. 2021)",
  .unit = "share, 0 to 1",
  .fields = { { "banding", GEN_FIELD_NUMBER, NULL, "it is one pixel",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .takes_long = TRUE,
  .measure = banding_measure,
};
