/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: normal, independent in each sample. */
#include "picture.h"

static void
noise (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  draw->noise = amount;
}

const GenAugmentation gen_augmentation_picture_noise = {
  .medium = &gen_medium_picture,
  .name = "noise",
  .stream = "noise",
  .description = "Standard deviation of Gaussian noise, as a fraction of white",
  .maximum = 1,
  .apply_picture = noise,
};
