/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shear: lines that were upright or level lean, each direction by an angle of its own. */
#include <math.h>

#include "picture.h"

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double across = amount * gen_augment_signed (uniform[0]) * G_PI / 180;
  double down = amount * gen_augment_signed (uniform[1]) * G_PI / 180;

  gen_augment_shear (draw, tan (across), tan (down));
}

const GenAugmentation gen_augmentation_picture_shear = {
  .medium = &gen_medium_picture,
  .name = "shear",
  .stream = "shear",
  .description = "Largest angle by which upright and level lines lean, in degrees",
  .maximum = 40,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
