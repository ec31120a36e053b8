/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shot noise: the light itself is uneven, as its photons are counted. What is counted is normal
 * about its mean, and its variance as large as that: the limit for more than a few photons. */
#include <math.h>

#include "../../simd.h"
#include "picture.h"

#define PIECE 1024

/* The last of each four is alpha and stays when `alpha` is 3, not when it is 4. */
GEN_CLONES (void, count,
    (guint8 * samples, const float *normals, float deviation, int alpha, int n),
    (samples, normals, deviation, alpha, n))
{
  const float of_white = 255 * deviation * deviation;

  for (int i = 0; i < n; i++) {
    float mean = samples[i], value = mean + sqrtf (mean * of_white) * normals[i] + 0.5f;
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    samples[i] = (i & 3) == alpha ? samples[i] : (guint8)sample;
  }
}

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const int samples = n * channels;
  float normals[PIECE];

  for (int i = 0; i < samples; i += PIECE) {
    const int length = MIN (PIECE, samples - i);

    gen_augment_row_normals (draw, step, row, samples, i, normals, length);
    count (pixels + i, normals, (float)step->values[0], channels == 4 ? 3 : 4, length);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step =
      gen_augment_picture_add (draw, &change, (double[]){ amount * uniform[0] }, 1);

  gen_augment_picture_draw_pixels (draw, step);
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
