/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resized crop: a part of the picture, of a random area and aspect ratio, brought to its whole size
 * (Szegedy et al. 2015). A part that would not fit is made as wide or as high as the picture. */
#include <math.h>

#include "picture.h"

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double area = 1 - amount * uniform[0];
  double aspect = pow (gen_augment_picture_parameter (draw, 0), gen_augment_signed (uniform[1]));
  double width = MIN (sqrt (area * aspect), 1), height = MIN (sqrt (area / aspect), 1);
  float place[2];

  gen_augment_picture_numbers (draw, 0, place, 2);
  gen_augment_move (draw, (double[]){ width, 0, (place[0] - 0.5) * (1 - width) * draw->width },
      (double[]){ 0, height, (place[1] - 0.5) * (1 - height) * draw->height });
}

const GenAugmentation gen_augmentation_picture_resized_crop = {
  .medium = &gen_medium_picture,
  .name = "resized-crop",
  .stream = "resized-crop",
  .description = "Largest share of the area that a random crop cuts off",
  .maximum = 0.98,
  .parameters = { {
      .name = "aspect",
      .description = "Largest factor by which the crop is wider or narrower than the picture",
      .minimum = 1,
      .maximum = 4,
      .standard = 4.0 / 3,
  } },
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
