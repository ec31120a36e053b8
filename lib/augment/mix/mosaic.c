/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mosaic (Bochkovskiy et al. 2020): four frames meet at a place in the middle half of the picture.
 * Each is seen in a quarter, by what of it is in that place; in which quarter the frame itself is,
 * is drawn. */
#include "mix-private.h"

#define FRAMES 4

static void
mosaic (GenAugmentMixDraw *draw, double concentration, const GenRandom *random, guint64 number)
{
  float numbers[3];
  int x, y, own;

  gen_random_uniform (random, number, 0, numbers, 3);
  x = gen_augment_mix_even ((0.25 + 0.5 * (double)numbers[0]) * draw->width, draw->width);
  y = gen_augment_mix_even ((0.25 + 0.5 * (double)numbers[1]) * draw->height, draw->height);
  own = (int)(numbers[2] * FRAMES);
  for (int i = 0; i < FRAMES; i++) {
    const int quarter = (own + i) % FRAMES;

    draw->parts[i] = (GenAugmentMixPart){
      .left = quarter % 2 == 0 ? 0 : x,
      .top = quarter / 2 == 0 ? 0 : y,
      .right = quarter % 2 == 0 ? x : draw->width,
      .bottom = quarter / 2 == 0 ? y : draw->height,
    };
    draw->weights[i] = gen_augment_mix_area (draw, &draw->parts[i]);
  }
}

const GenAugmentMixing gen_augment_mixing_mosaic = {
  .name = "mosaic",
  .description = "Quarters of four frames, which meet near the middle",
  .partners = FRAMES - 1,
  .draw = mosaic,
};
