/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shot noise: the light itself is uneven, as its photons are counted. What is counted is normal
 * about its mean, and its variance as large as that: the limit for more than a few photons. */
#include <math.h>

#include "../../simd.h"
#include "row-noise.h"

GEN_CLONES (void, count,
    (guint8 * samples, const float *normals, double amount, int channels, int n),
    (samples, normals, amount, channels, n))
{
  const float deviation = (float)amount, of_white = 255 * deviation * deviation;
  /* The last of each four stays, if it is that. */
  const int alpha = channels == 4 ? 3 : 4;

  for (int i = 0; i < n * channels; i++) {
    float mean = samples[i], value = mean + sqrtf (mean * of_white) * normals[i] + 0.5f;
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    samples[i] = (i & 3) == alpha ? samples[i] : (guint8)sample;
  }
}

static const GenRowNoise noise = { gen_random_normal, 0, count };

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

const GenAugmentation gen_augmentation_picture_shot_noise = {
  .medium = &gen_medium_picture,
  .name = "shot-noise",
  .stream = "shot-noise",
  .description =
      "Largest standard deviation of the noise of light in white, as a fraction of white",
  .maximum = 1,
  .apply_picture = apply,
};
