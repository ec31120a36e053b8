/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scale: larger or smaller about the centre, by factors between 1 / (1 + amount) and
 * 1 + amount; as often larger as smaller. */
#include <math.h>

#include "picture.h"

static void
scale (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double step = pow (1 + amount, -gen_augment_signed (uniform[0]));

  gen_augment_move (draw, (double[]){ step, 0, 0 }, (double[]){ 0, step, 0 });
}

const GenAugmentation gen_augmentation_picture_scale = {
  .medium = &gen_medium_picture,
  .name = "scale",
  .stream = "scale",
  .description = "Largest change of size, as a fraction: 0.1 is by up to 1.1 and down to 1 / 1.1",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = scale,
};
