/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../augment-private.h"

/* Move the result: what now comes from (x, y) comes from `x` (x, y), `y` (x, y) of it. */
static inline void
gen_augment_move (GenAugmentPictureDraw *draw, const double x[3], const double y[3])
{
  double *const rows[] = { draw->x, draw->y };

  for (int i = 0; i < 2; i++) {
    double *row = rows[i], a = row[0], b = row[1];

    row[0] = a * x[0] + b * y[0];
    row[1] = a * x[1] + b * y[1];
    row[2] += a * x[2] + b * y[2];
  }
}

/* Change the tone of the result: value * gain + offset. */
static inline void
gen_augment_tone (GenAugmentPictureDraw *draw, double gain, double offset)
{
  draw->gain *= gain;
  draw->offset = draw->offset * gain + offset;
}

extern const GenAugmentation gen_augmentation_picture_flip;
extern const GenAugmentation gen_augmentation_picture_crop;
extern const GenAugmentation gen_augmentation_picture_scale;
extern const GenAugmentation gen_augmentation_picture_rotate;
extern const GenAugmentation gen_augmentation_picture_translate;
extern const GenAugmentation gen_augmentation_picture_brightness;
extern const GenAugmentation gen_augmentation_picture_contrast;
extern const GenAugmentation gen_augmentation_picture_noise;
