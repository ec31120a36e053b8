/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contrast: the distance from middle grey is multiplied by a factor between 1 / (1 + amount)
 * and 1 + amount. Middle grey, and not the picture's own mean, so that no pass over the picture
 * is needed to know it. */
#include <math.h>

#include "measure.h"
#include "value.h"

static void
contrast (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  double gain = pow (1 + amount, gen_augment_signed (uniform[0]));

  gen_augment_tone (draw, gain, 0.5 - 0.5 * gain);
}

/* --- the other contrast, which policies ask for --- */

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const double gain = step->values[0], mean = floor (gen_augment_mean_luma (picture) + 0.5);
  const GenValueStage stage = { .kind = GEN_STAGE_TONE,
    .rows = { { gain, 0, 0, mean * (1 - gain) } } };

  for (int y = 0; y < picture->height; y++) {
    guint8 *row = picture->data + (gssize)y * picture->stride;

    gen_value_stage_run (&stage, row, row, picture->width, picture->channels);
  }
}

static const GenPictureChange of_mean = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

void
gen_augment_contrast_of_mean (GenAugmentPictureDraw *draw, double factor)
{
  gen_augment_picture_add (draw, &of_mean, &factor, 1);
}

const GenAugmentation gen_augmentation_picture_contrast = {
  .medium = &gen_medium_picture,
  .name = "contrast",
  .stream = "contrast",
  .description =
      "Largest change of contrast, as a fraction: 0.2 is by up to 1.2 and down to 1 / 1.2",
  .maximum = 4,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = contrast,
};
