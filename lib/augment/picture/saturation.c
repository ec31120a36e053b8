/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saturation: colours are brought nearer to the grey of their luma, or farther from it. */
#include "picture.h"

void
gen_augment_saturate (GenAugmentPictureDraw *draw, double factor)
{
  const double luma[3] = { GEN_LUMA_RED, GEN_LUMA_GREEN, GEN_LUMA_BLUE };
  double rows[3][4] = { { 0 } };

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      rows[r][c] = (r == c ? factor : 0) + (1 - factor) * luma[c];
  gen_augment_mix (draw, (const double (*)[4])rows);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_saturate (draw, 1 + amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_picture_saturation = {
  .medium = &gen_medium_picture,
  .name = "saturation",
  .stream = "saturation",
  .description = "Largest change of how colourful the picture is: 0.4 is from 0.6 to 1.4 times",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
