/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: normal, independent in each sample. */
#include "../../simd.h"
#include "picture.h"

#define PIECE 1024

void
gen_augment_row_normals (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    int row, int row_samples, int first, float *normals, int n)
{
  /* Rows begin at whole blocks of random numbers. */
  const guint64 begin = (guint64)row * (((guint64)row_samples + 3) & ~(guint64)3);

  gen_random_normal (&step->random, draw->frame, begin + (guint64)first, normals, (gsize)n);
}

/* The last of each four is alpha and stays when `alpha` is 3, not when it is 4. */
GEN_CLONES (void, add, (guint8 * samples, const float *normals, float deviation, int alpha, int n),
    (samples, normals, deviation, alpha, n))
{
  for (int i = 0; i < n; i++) {
    float value = samples[i] + deviation * normals[i] + 0.5f;
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
    add (pixels + i, normals, (float)(step->values[0] * 255), channels == 4 ? 3 : 4, length);
  }
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
