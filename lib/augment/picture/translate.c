/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translate: a shift along each axis. */
#include "picture.h"

static void
translate (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_translate (draw, amount * gen_augment_signed (uniform[0]) * draw->width,
      amount * gen_augment_signed (uniform[1]) * draw->height);
}

const GenAugmentation gen_augmentation_picture_translate = {
  .medium = &gen_medium_picture,
  .name = "translate",
  .stream = "translate",
  .description = "Largest shift along each axis, as a fraction of the width and the height",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = translate,
};
