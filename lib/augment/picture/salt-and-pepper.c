/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Salt and pepper: some pixels become white, and as many black, as of a sensor with dead ones. */
#include "row-noise.h"

static void
strike (guint8 *pixels, const float *numbers, double amount, int channels, int n)
{
  const float share = (float)amount;
  const int colours = MIN (channels, 3);

  for (int i = 0; i < n; i++, pixels += channels) {
    if (numbers[i] >= share)
      continue;
    for (int c = 0; c < colours; c++)
      pixels[c] = numbers[i] < share / 2 ? 255 : 0;
  }
}

static const GenRowNoise noise = { gen_random_uniform, 1, strike };

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  gen_augment_noise_row (&noise, draw, step, row, pixels, n, channels);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_add_noise (draw, &change, amount * uniform[0]);
}

const GenAugmentation gen_augmentation_picture_salt_and_pepper = {
  .medium = &gen_medium_picture,
  .name = "salt-and-pepper",
  .stream = "salt-and-pepper",
  .description = "Largest share of pixels that become white or black",
  .maximum = 1,
  .apply_picture = apply,
};
