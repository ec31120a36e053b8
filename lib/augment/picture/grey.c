/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grey: all channels become the luma. */
#include "picture.h"

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_saturate (draw, 0);
}

const GenAugmentation gen_augmentation_picture_grey = {
  .medium = &gen_medium_picture,
  .name = "grey",
  .stream = "grey",
  .description = "How many frames lose their colours, as a fraction",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
