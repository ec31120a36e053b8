/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brightness: all samples lighter or darker by the same. */
#include "picture.h"

static void
brightness (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_tone (draw, 1, amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_picture_brightness = {
  .medium = &gen_medium_picture,
  .name = "brightness",
  .stream = "brightness",
  .description = "Largest addition to all samples, up or down, as a fraction of white",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = brightness,
};
