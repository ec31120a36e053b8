/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crop: a part of the picture, anywhere in it and of its shape, enlarged to the whole. */
#include "picture.h"

static void
crop (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double cut = amount * uniform[0], kept = 1 - cut;

  gen_augment_move (draw, (double[]){ kept, 0, (uniform[1] - 0.5) * cut * draw->width },
      (double[]){ 0, kept, (uniform[2] - 0.5) * cut * draw->height });
}

const GenAugmentation gen_augmentation_picture_crop = {
  .medium = &gen_medium_picture,
  .name = "crop",
  .stream = "crop",
  .description = "Largest share of the width and the height that a random crop cuts off",
  .maximum = 0.9,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = crop,
};
