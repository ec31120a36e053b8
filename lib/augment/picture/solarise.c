/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Solarise: what is lighter than a threshold is inverted, as on film that had far too much light.
 */
#include "picture.h"

static double
curve (const GenAugmentPictureStep *step, double value)
{
  return (int)(value + 0.5) >= step->values[0] ? 255 - value : value;
}

static const GenPictureChange change = { .kind = GEN_CHANGE_CURVE, .curve = curve };

void
gen_augment_solarise (GenAugmentPictureDraw *draw, double threshold)
{
  gen_augment_picture_add (draw, &change, (double[]){ threshold }, 1);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_solarise (draw, 256 * (1 - amount * uniform[0]));
}

const GenAugmentation gen_augmentation_picture_solarise = {
  .medium = &gen_medium_picture,
  .name = "solarise",
  .stream = "solarise",
  .description =
      "How far below white the threshold is at most from which samples are inverted, as a fraction",
  .maximum = 1,
  .on_device = GEN_AUGMENT_COLOURS_ON_DEVICE,
  .apply_picture = apply,
};
