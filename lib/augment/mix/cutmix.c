/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CutMix (Yun et al. 2019): a rectangle is that of another frame, in the same place. It is of the
 * picture's shape and its middle is anywhere, so that some of it may be outside; labels go by the
 * area that is seen. */
#include <math.h>

#include "mix-private.h"

static void
cutmix (GenAugmentMixDraw *draw, double concentration, const GenRandom *random, guint64 number)
{
  /* The numbers of the share come behind. */
  const double side = sqrt (1 - gen_augment_draw_share (random, number, 4, concentration));
  const double half_width = 0.5 * side * draw->width, half_height = 0.5 * side * draw->height;
  float middle[2];
  double x, y;

  gen_random_uniform (random, number, 0, middle, 2);
  x = (double)middle[0] * draw->width;
  y = (double)middle[1] * draw->height;
  draw->parts[1] = (GenAugmentMixPart){
    .left = gen_augment_mix_even (x - half_width, draw->width),
    .top = gen_augment_mix_even (y - half_height, draw->height),
    .right = gen_augment_mix_even (x + half_width, draw->width),
    .bottom = gen_augment_mix_even (y + half_height, draw->height),
  };
  draw->weights[1] = gen_augment_mix_area (draw, &draw->parts[1]);
  draw->weights[0] = 1 - draw->weights[1];
}

const GenAugmentMixing gen_augment_mixing_cutmix = {
  .name = "cutmix",
  .description = "A rectangle of the frame is that of another one",
  .partners = 1,
  .concentration = 1,
  .draw = cutmix,
};
