/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ISO noise: what a sensor's amplifier makes of little light. A tenth of the variance in white is
 * there in black, too; the rest goes with the light. Half of it is common to the colours of a
 * pixel, the other half is each one's own, so that greys become blotches of colour. */
#include <math.h>

#include "../../simd.h"
#include "row-noise.h"

#define READ 0.1f /* of the variance in white */
/* Numbers of a pixel: the common one and each colour's. */
#define EACH GEN_ROW_NOISE_NUMBERS

static inline void
add_pixels (guint8 *pixels, const float *normals, float deviation, int channels, int n)
{
  const int colours = MIN (channels, 3);

  for (int i = 0; i < n; i++, pixels += channels, normals += EACH)
    for (int c = 0; c < colours; c++) {
      float light = pixels[c] * (1 / 255.0f);
      float noise = (normals[0] + normals[1 + c]) * (float)G_SQRT2 * 0.5f;
      float value = pixels[c] + 255 * deviation * sqrtf (READ + (1 - READ) * light) * noise + 0.5f;

      pixels[c] = (guint8)(int)CLAMP (value, 0.0f, 255.0f);
    }
}

GEN_CLONES (void, add, (guint8 * pixels, const float *normals, double amount, int channels, int n),
    (pixels, normals, amount, channels, n))
{
  const float deviation = (float)amount;

  switch (channels) {
  case 1:
    add_pixels (pixels, normals, deviation, 1, n);
    break;
  case 3:
    add_pixels (pixels, normals, deviation, 3, n);
    break;
  case 4:
    add_pixels (pixels, normals, deviation, 4, n);
    break;
  }
}

static const GenRowNoise noise = { gen_random_normal, EACH, add };

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  gen_augment_noise_row (&noise, draw, step, row, pixels, n, channels);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_add_noise (draw, &change, amount * uniform[0]);
}

const GenAugmentation gen_augmentation_picture_iso_noise = {
  .medium = &gen_medium_picture,
  .name = "iso-noise",
  .stream = "iso-noise",
  .description =
      "Largest standard deviation of the noise of a sensor in white, as a fraction of white",
  .maximum = 1,
  .apply_picture = apply,
};
