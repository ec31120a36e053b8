/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grid mask: squares in a regular grid become black (Chen et al. 2020). What lies between two is
 * from an eighth to half of the shorter side, and where the grid begins is random. */
#include <math.h>

#include "value.h"

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const double unit = step->values[0], side = step->values[1];

  if (fmod (row + step->values[3], unit) >= side)
    return;
  for (double begin = -step->values[2]; begin < n; begin += unit)
    gen_augment_fill (
        pixels, (int)ceil (MAX (begin, 0)), (int)ceil (MIN (begin + side, n)), channels, 0);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const double unit = MIN (draw->width, draw->height) * (0.125 + 0.375 * uniform[0]);

  gen_augment_picture_add (
      draw, &change, (double[]){ unit, amount * unit, uniform[1] * unit, uniform[2] * unit }, 4);
}

const GenAugmentation gen_augmentation_picture_grid_mask = {
  .medium = &gen_medium_picture,
  .name = "grid-mask",
  .stream = "grid-mask",
  .description =
      "Side of the squares that become black, as a fraction of the step from one to the next",
  .maximum = 1,
  .apply_picture = apply,
};
