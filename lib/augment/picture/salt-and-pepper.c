/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Salt and pepper: some pixels become white, and as many black, as of a sensor with dead ones. */
#include "picture.h"

#define PIECE 1024

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const guint64 begin = (guint64)row * (((guint64)n + 3) & ~(guint64)3);
  const float share = (float)step->values[0], half = share / 2;
  const int colours = MIN (channels, 3);
  float numbers[PIECE];

  for (int i = 0; i < n; i++, pixels += channels) {
    float number;

    if (i % PIECE == 0)
      gen_random_uniform (
          &step->random, draw->frame, begin + (guint64)i, numbers, (gsize)MIN (PIECE, n - i));
    number = numbers[i % PIECE];
    if (number >= share)
      continue;
    for (int c = 0; c < colours; c++)
      pixels[c] = number < half ? 255 : 0;
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step =
      gen_augment_picture_add (draw, &change, (double[]){ amount * uniform[0] }, 1);

  gen_augment_picture_draw_pixels (draw, step);
}

const GenAugmentation gen_augmentation_picture_salt_and_pepper = {
  .medium = &gen_medium_picture,
  .name = "salt-and-pepper",
  .stream = "salt-and-pepper",
  .description = "Largest share of pixels that become white or black",
  .maximum = 1,
  .apply_picture = apply,
};
