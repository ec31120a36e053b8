/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contrast: the distance from middle grey is multiplied by a factor between 1 / (1 + amount)
 * and 1 + amount. Middle grey, and not the picture's own mean, so that no pass over the picture
 * is needed to know it. */
#include <math.h>

#include "picture.h"

static void
contrast (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double gain = pow (1 + amount, gen_augment_signed (uniform[0]));

  gen_augment_tone (draw, gain, 0.5 - 0.5 * gain);
}

const GenAugmentation gen_augmentation_picture_contrast = {
  .medium = &gen_medium_picture,
  .name = "contrast",
  .stream = "contrast",
  .description =
      "Largest change of contrast, as a fraction: 0.2 is by up to 1.2 and down to 1 / 1.2",
  .maximum = 4,
  .apply_picture = contrast,
};
