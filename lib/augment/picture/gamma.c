/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gamma: samples to a power between 1 / (1 + amount) and 1 + amount; black and white stay. */
#include <math.h>

#include "picture.h"

static double
curve (const GenAugmentPictureStep *step, double value)
{
  return 255 * pow (value / 255, step->values[0]);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_CURVE, .curve = curve };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_picture_add (
      draw, &change, (double[]){ pow (1 + amount, gen_augment_signed (uniform[0])) }, 1);
}

const GenAugmentation gen_augmentation_picture_gamma = {
  .medium = &gen_medium_picture,
  .name = "gamma",
  .stream = "gamma",
  .description = "Largest change of gamma, as a fraction: 0.5 is by up to 1.5 and down to 1 / 1.5",
  .maximum = 4,
  .on_device = GEN_AUGMENT_COLOURS_ON_DEVICE,
  .apply_picture = apply,
};
