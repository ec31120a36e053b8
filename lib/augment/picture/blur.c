/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blur: a Gaussian filter, cut off at three standard deviations, along columns and then along
 * rows. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

#define DEVIATIONS 3
#define MAX_RADIUS 60
#define PIECE 64

static void
find_kernel (double deviation, int radius, float kernel[MAX_RADIUS + 1])
{
  double sum = 0;

  for (int i = 0; i <= radius; i++) {
    kernel[i] = (float)exp (-0.5 * i * i / (deviation * deviation));
    sum += (i > 0 ? 2 : 1) * (double)kernel[i];
  }
  for (int i = 0; i <= radius; i++)
    kernel[i] = (float)((double)kernel[i] / sum);
}

/* `n` samples, those above and below `stride` bytes apart. */
GEN_CLONES (void, filter_column,
    (const guint8 *in, gssize stride, const float *kernel, int radius, float *out, int n),
    (in, stride, kernel, radius, out, n))
{
  for (int first = 0; first < n; first += PIECE) {
    const int length = MIN (PIECE, n - first);
    const guint8 *at = in + first;
    float sums[PIECE];

    for (int i = 0; i < length; i++)
      sums[i] = kernel[0] * at[i];
    for (int k = 1; k <= radius; k++) {
      const guint8 *above = at - k * stride, *below = at + k * stride;

      for (int i = 0; i < length; i++)
        sums[i] += kernel[k] * (float)(above[i] + below[i]);
    }
    memcpy (out + first, sums, (gsize)length * sizeof *sums);
  }
}

/* The same along a row, whose neighbours are `step` samples apart; rounded. */
GEN_CLONES (void, filter_row,
    (const float *in, int step, const float *kernel, int radius, guint8 *out, int n),
    (in, step, kernel, radius, out, n))
{
  for (int first = 0; first < n; first += PIECE) {
    const int length = MIN (PIECE, n - first);
    const float *at = in + first;
    float sums[PIECE];

    for (int i = 0; i < length; i++)
      sums[i] = kernel[0] * at[i] + 0.5f;
    for (int k = 1; k <= radius; k++) {
      const float *left = at - k * step, *right = at + k * step;

      for (int i = 0; i < length; i++)
        sums[i] += kernel[k] * (left[i] + right[i]);
    }
    for (int i = 0; i < length; i++) {
      int value = (int)sums[i];

      out[first + i] = (guint8)(value < 255 ? value : 255);
    }
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int radius = (int)ceil (DEVIATIONS * step->values[0]), channels = picture->channels;
  const int margin = radius * channels, n = picture->width * channels;
  const GenPicture padded = gen_augment_pad (picture, workspace, radius);
  float kernel[MAX_RADIUS + 1];
  float *sums = gen_augment_scratch (
      workspace, GEN_SCRATCH_ROWS, (gsize)(n + 2 * margin) * sizeof *sums + (gsize)n);
  guint8 *row = (guint8 *)(sums + n + 2 * margin);

  find_kernel (step->values[0], radius, kernel);
  for (int y = 0; y < picture->height; y++) {
    filter_column (padded.data + (gssize)y * padded.stride - margin, padded.stride, kernel, radius,
        sums, n + 2 * margin);
    filter_row (sums + margin, channels, kernel, radius, row, n);
    gen_augment_store (row, picture->data + (gssize)y * picture->stride, picture->width, channels);
  }
}

static const GenPictureChange change = {
  .kind = GEN_CHANGE_WHOLE, .by_channel = TRUE, .whole = whole
};

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_picture_add (draw, &change, (double[]){ amount * uniform[0] }, 1);
}

const GenAugmentation gen_augmentation_picture_blur = {
  .medium = &gen_medium_picture,
  .name = "blur",
  .stream = "blur",
  .description = "Largest standard deviation of a Gaussian blur, in pixels",
  .maximum = 20,
  .apply_picture = apply,
};
