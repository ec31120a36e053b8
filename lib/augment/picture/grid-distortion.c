/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grid distortion: a grid of five by five cells, whose columns and rows become wider and narrower.
 * The edges stay where they are. */
#include "../../simd.h"
#include "picture.h"

#define CELLS 5

/* Where the lines of the grid are taken from, from -1/2 to 1/2 of the width or height. */
static void
find_knots (float *knots, const float *numbers, double amount)
{
  double sum = 0, at = 0;

  for (int i = 0; i < CELLS; i++)
    sum += 1 + amount * gen_augment_signed (numbers[i]);
  for (int i = 0; i < CELLS; i++) {
    knots[i] = (float)(at - 0.5);
    at += (1 + amount * gen_augment_signed (numbers[i])) / sum;
  }
  knots[CELLS] = 0.5f;
}

/* Beyond the edges the outer cells go on. */
GEN_CLONES (void, place_axis, (const float *restrict knots, float extent, float *restrict x, int n),
    (knots, extent, x, n))
{
  const float scale = CELLS / extent;

  for (int i = 0; i < n; i++) {
    float at = x[i] * scale + CELLS * 0.5f;
    const float within = at > 0 ? (at < CELLS - 1 ? at : CELLS - 1) : 0;
    const gint32 cell = (gint32)within;

    x[i] = extent * (knots[cell] + (knots[cell + 1] - knots[cell]) * (at - (float)cell));
  }
}

static void
place (
    const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, float *x, float *y, int n)
{
  const float *knots = draw->numbers + step->first_number;

  place_axis (knots, (float)draw->width, x, n);
  place_axis (knots + CELLS + 1, (float)draw->height, y, n);
}

/* From where a line between knots is taken, back to the line. Beyond the edges as place_axis. */
static double
back_axis (const float *knots, double extent, double x)
{
  const double at = x / extent;
  int cell = 0;

  while (cell < CELLS - 1 && at >= (double)knots[cell + 1])
    cell++;
  return extent *
         ((cell + (at - (double)knots[cell]) / (double)(knots[cell + 1] - knots[cell])) / CELLS -
             0.5);
}

static void
back (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, double *x, double *y)
{
  const float *knots = draw->numbers + step->first_number;

  *x = back_axis (knots, draw->width, *x);
  *y = back_axis (knots + CELLS + 1, draw->height, *y);
}

static const GenPictureChange grid_distortion = {
  .kind = GEN_CHANGE_WARP, .place = place, .back = back
};

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step = gen_augment_picture_add (draw, &grid_distortion, NULL, 0);
  float numbers[2 * CELLS], *knots = gen_augment_picture_room (draw, step, 2 * (CELLS + 1));

  gen_augment_picture_numbers (draw, 0, numbers, 2 * CELLS);
  find_knots (knots, numbers, amount);
  find_knots (knots + CELLS + 1, numbers + CELLS, amount);
}

const GenAugmentation gen_augmentation_picture_grid_distortion = {
  .medium = &gen_medium_picture,
  .name = "grid-distortion",
  .stream = "grid-distortion",
  .description =
      "Largest change of the widths and heights of the cells of a grid, as a fraction of a cell",
  .maximum = 0.9,
  .apply_picture = apply,
};
