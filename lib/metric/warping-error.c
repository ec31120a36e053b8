/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warping error: how much of a frame differs from the frame before, brought to where things are now
 * (Lai et al., "Learning blind video temporal consistency", ECCV 2018). What was hidden there does
 * not count: where following it to and fro does not end where it began (Sundaram, Brox and Keutzer,
 * "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010; their
 * threshold). They take optical flow by a net, and here blocks are matched. */
#include "metrics.h"
#include "motion.h"

#include <math.h>

#include "../simd.h"

#define PARTS GEN_MOTION_PARTS
#define PARTS_SHIFT 4
G_STATIC_ASSERT (1 << PARTS_SHIFT == PARTS);

#define BLOCK GEN_MOTION_BLOCK
/* Of the squares of both ways, and of a pixel. */
#define ALLOWED 0.01
#define ALLOWED_ALWAYS 0.5
/* The least share of a frame that is to be found in the one before. */
#define LEAST 0.01

typedef struct {
  GenMotionPlanes *now, *before;
  gboolean follows; /* there is a frame before */
  GenMotionField back, forth;
} Warping;

static gpointer
warping_open (const GenMetricSettings *settings)
{
  Warping *warping = g_new0 (Warping, 1);

  warping->now = gen_motion_planes_new ();
  warping->before = gen_motion_planes_new ();
  return warping;
}

static void
warping_close (gpointer metric)
{
  Warping *warping = metric;

  gen_motion_planes_free (warping->now);
  gen_motion_planes_free (warping->before);
  gen_motion_field_clear (&warping->back);
  gen_motion_field_clear (&warping->forth);
  g_free (warping);
}

static void
warping_interrupt (gpointer metric)
{
  ((Warping *)metric)->follows = FALSE;
}

/* Whether what lies in that block now is found again when it is followed back and forth. */
static gboolean
is_followed (const Warping *warping, int column, int row)
{
  const GenMotionField *back = &warping->back, *forth = &warping->forth;
  const GenMotionVector v = back->vectors[row * back->columns + column];
  const int x = (column * BLOCK + BLOCK / 2) * PARTS + v.x;
  const int y = (row * BLOCK + BLOCK / 2) * PARTS + v.y;
  const int there_column = CLAMP (x / (BLOCK * PARTS), 0, forth->columns - 1);
  const int there_row = CLAMP (y / (BLOCK * PARTS), 0, forth->rows - 1);
  const GenMotionVector u = forth->vectors[there_row * forth->columns + there_column];
  const double dx = v.x + u.x, dy = v.y + u.y;
  const double both = (double)v.x * v.x + (double)v.y * v.y + (double)u.x * u.x + (double)u.y * u.y;

  return dx * dx + dy * dy <= ALLOWED * both + ALLOWED_ALWAYS * PARTS * PARTS;
}

/* The squared differences of a block from where it was, in 1/16 pixels past `before`. The next row
 * and column are looked at only where it lies between pixels. */
static inline __attribute__ ((always_inline)) guint32
add_squares (const guint8 *now, const guint8 *before, int stride, int past_x, int past_y, int width,
    int height)
{
  const int right = past_x > 0, below = past_y > 0 ? stride : 0;
  const int weights[4] = { (PARTS - past_x) * (PARTS - past_y), past_x * (PARTS - past_y),
    (PARTS - past_x) * past_y, past_x * past_y };
  guint32 sum = 0;

  for (int y = 0; y < height; y++, now += stride, before += stride)
    for (int x = 0; x < width; x++) {
      const int was = (weights[0] * before[x] + weights[1] * before[x + right] +
                          weights[2] * before[x + below] + weights[3] * before[x + below + right] +
                          PARTS * PARTS / 2) /
                      (PARTS * PARTS);
      const int difference = now[x] - was;

      sum += (guint32)(difference * difference);
    }
  return sum;
}

/* Add a row of blocks. */
GEN_CLONES (void, add_row,
    (const Warping *warping, const guint8 *now, const guint8 *before, int width, int height,
        int row, guint64 *squares, guint64 *count),
    (warping, now, before, width, height, row, squares, count))
{
  const GenMotionField *field = &warping->back;
  const int y = row * BLOCK, tall = MIN (BLOCK, height - y);

  for (int column = 0; column < field->columns; column++) {
    const GenMotionVector v = field->vectors[row * field->columns + column];
    const int x = column * BLOCK, wide = MIN (BLOCK, width - x);
    const int from_x = x + (v.x >> PARTS_SHIFT), from_y = y + (v.y >> PARTS_SHIFT);
    const int past_x = v.x & (PARTS - 1), past_y = v.y & (PARTS - 1);
    const guint8 *block = now + (gsize)y * (gsize)width + x;
    const guint8 *was = before + (gssize)from_y * width + from_x;

    if (from_x < 0 || from_y < 0 || from_x + wide + (past_x > 0) > width ||
        from_y + tall + (past_y > 0) > height || !is_followed (warping, column, row))
      continue;
    *squares += wide == BLOCK && tall == BLOCK
                    ? add_squares (block, was, width, past_x, past_y, BLOCK, BLOCK)
                    : add_squares (block, was, width, past_x, past_y, wide, tall);
    *count += (guint64)(wide * tall);
  }
}

static void
compare (const Warping *warping, double *values)
{
  int width = 0, height = 0;
  const guint8 *now = gen_motion_planes_get (warping->now, &width, &height);
  const guint8 *before = gen_motion_planes_get (warping->before, &width, &height);
  guint64 squares = 0, count = 0;
  double share;

  for (int row = 0; row < warping->back.rows; row++)
    add_row (warping, now, before, width, height, row, &squares, &count);
  share = (double)count / width / height;
  values[0] = share >= LEAST ? (double)squares / (double)count / 255 / 255 : GEN_MISSING;
  values[1] = 1 - share;
}

static void
warping_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  Warping *warping = metric;
  GenMotionPlanes *oldest = warping->before;
  int width = 0, height = 0;

  warping->before = warping->now;
  warping->now = oldest;
  gen_motion_planes_read (warping->now, luma);
  if (gen_motion_planes_get (warping->before, &width, &height) != NULL && warping->follows &&
      width == luma->width && height == luma->height) {
    gen_motion_find (&warping->back, warping->now, warping->before);
    gen_motion_find (&warping->forth, warping->before, warping->now);
    compare (warping, values);
  }
  warping->follows = TRUE;
}

#define NOT_FOLLOWED "no frame comes before this one, or nothing in it can be followed there"

const GenMetric gen_metric_warping_error = {
  .name = "warping-error",
  .medium = &gen_medium_picture,
  .summary = "Mean squared difference of luma from the frame before, brought to where things are "
             "now, without what was hidden there (after Lai et al. 2018)",
  .unit = "squared share of full scale, from 0",
  .fields = { { "warping-error", GEN_FIELD_NUMBER, NULL, NOT_FOLLOWED, .better = GEN_BETTER_LOWER },
      { "warping-error-hidden", GEN_FIELD_NUMBER, NULL, NOT_FOLLOWED } },
  .n_fields = 2,
  .takes_long = TRUE,
  .open = warping_open,
  .close = warping_close,
  .measure = warping_measure,
  .interrupt = warping_interrupt,
};
