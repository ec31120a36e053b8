/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rotate: a turn about the centre. */
#include "picture.h"

static void
rotate (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_rotate (draw, amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_picture_rotate = {
  .medium = &gen_medium_picture,
  .name = "rotate",
  .stream = "rotate",
  .description = "Largest turn to either side, in degrees",
  .maximum = 180,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = rotate,
};
