/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: normal, independent in each sample. */
#include "../../simd.h"
#include "row-noise.h"

GEN_CLONES (void, add,
    (guint8 * samples, const float *normals, double deviation, int channels, int n),
    (samples, normals, deviation, channels, n))
{
  const float levels = (float)(deviation * 255);
  /* The last of each four stays, if it is that. */
  const int alpha = channels == 4 ? 3 : 4;

  for (int i = 0; i < n * channels; i++) {
    float value = samples[i] + levels * normals[i] + 0.5f;
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    samples[i] = (i & 3) == alpha ? samples[i] : (guint8)sample;
  }
}

static const GenRowNoise noise = { gen_random_normal, 0, add };

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
  GenAugmentPictureStep *step = gen_augment_picture_add (draw, &change, &amount, 1);

  step->random = gen_random_new (draw->seed, GEN_STREAM_SAMPLE_NOISE, draw->instance);
}

const GenAugmentation gen_augmentation_picture_noise = {
  .medium = &gen_medium_picture,
  .name = "noise",
  .stream = "noise",
  .description = "Standard deviation of Gaussian noise, as a fraction of white",
  .maximum = 1,
  .apply_picture = apply,
};
