/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Invert: a negative. */
#include "picture.h"

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_tone (draw, -1, 1);
}

const GenAugmentation gen_augmentation_picture_invert = {
  .medium = &gen_medium_picture,
  .name = "invert",
  .stream = "invert",
  .description = "How many frames become negatives, as a fraction",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
