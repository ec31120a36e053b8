/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: normal, independent in each sample. */
#include "augment-private.h"

static void
noise (GenAugmentDraw *draw, double amount, const float uniform[3])
{
  draw->noise = amount;
}

const GenAugmentation gen_augmentation_noise = {
  .name = "noise",
  .description = "Standard deviation of Gaussian noise, as a fraction of white",
  .maximum = 1,
  .apply = noise,
};
