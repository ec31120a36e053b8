/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Posterise: the lower bits of each sample are cut off. */
#include <math.h>

#include "picture.h"

static double
curve (const GenAugmentPictureStep *step, double value)
{
  const int dropped = 8 - (int)step->values[0];

  return (int)(value + 0.5) >> dropped << dropped;
}

static const GenPictureChange change = { .kind = GEN_CHANGE_CURVE, .curve = curve };

void
gen_augment_posterise (GenAugmentPictureDraw *draw, int kept_bits)
{
  gen_augment_picture_add (draw, &change, (double[]){ kept_bits }, 1);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_posterise (draw, 8 - (int)(1 + uniform[0] * floor (MAX (amount, 1))));
}

const GenAugmentation gen_augmentation_picture_posterise = {
  .medium = &gen_medium_picture,
  .name = "posterise",
  .stream = "posterise",
  .description = "Most of the eight bits of a sample that are cut off",
  .maximum = 7,
  .on_device = GEN_AUGMENT_COLOURS_ON_DEVICE,
  .apply_picture = apply,
};
