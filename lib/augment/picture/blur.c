/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blur: a Gaussian filter, cut off at three standard deviations, along columns and then along
 * rows. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

#define DEVIATIONS 3
#define MAX_RADIUS 60
#define PIECE 128

/* Weights are in 1/65536, and sums in 1/128 of a step of 255: what is cut off below that is, in the
 * mean, given back at the end. */
#define FRACTION 7

static void
find_kernel (double deviation, int radius, guint16 kernel[MAX_RADIUS + 1])
{
  double weights[MAX_RADIUS + 1], sum = 0, left = 65536;

  for (int i = 0; i <= radius; i++) {
    weights[i] = exp (-0.5 * i * i / (deviation * deviation));
    sum += (i > 0 ? 2 : 1) * weights[i];
  }
  for (int i = radius; i > 0; i--) {
    kernel[i] = (guint16)lrint (65536 * weights[i] / sum);
    left -= 2 * kernel[i];
  }
  kernel[0] = (guint16)MIN (left, 65535);
}

static inline guint16
share_of (guint16 value, guint16 weight)
{
  return (guint16)((guint32)value * weight >> 16);
}

/* `n` samples, those above and below `stride` bytes apart. */
GEN_CLONES (void, filter_column,
    (const guint8 *in, gssize stride, const guint16 *kernel, int radius, guint16 *out, int n),
    (in, stride, kernel, radius, out, n))
{
  for (int first = 0; first < n; first += PIECE) {
    const int length = MIN (PIECE, n - first);
    const guint8 *at = in + first;
    guint16 sums[PIECE];

    for (int i = 0; i < length; i++)
      sums[i] = (guint16)(share_of ((guint16)(at[i] << FRACTION), kernel[0]) + radius / 2);
    for (int k = 1; k <= radius; k++) {
      const guint8 *above = at - k * stride, *below = at + k * stride;
      const guint16 weight = kernel[k];

      for (int i = 0; i < length; i++)
        sums[i] =
            (guint16)(sums[i] + share_of ((guint16)((above[i] + below[i]) << FRACTION), weight));
    }
    memcpy (out + first, sums, (gsize)length * sizeof *sums);
  }
}

/* The same along a row, whose neighbours are `step` samples apart; rounded. */
GEN_CLONES (void, filter_row,
    (const guint16 *in, int step, const guint16 *kernel, int radius, guint8 *out, int n),
    (in, step, kernel, radius, out, n))
{
  const int more = radius / 2 + (1 << (FRACTION - 1));

  for (int first = 0; first < n; first += PIECE) {
    const int length = MIN (PIECE, n - first);
    const guint16 *at = in + first;
    guint16 sums[PIECE];

    for (int i = 0; i < length; i++)
      sums[i] = (guint16)(share_of (at[i], kernel[0]) + more);
    for (int k = 1; k <= radius; k++) {
      const guint16 *left = at - k * step, *right = at + k * step;
      const guint16 weight = kernel[k];

      for (int i = 0; i < length; i++)
        sums[i] = (guint16)(sums[i] + share_of ((guint16)(left[i] + right[i]), weight));
    }
    for (int i = 0; i < length; i++)
      out[first + i] = (guint8)MIN (sums[i] >> FRACTION, 255);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int radius = (int)ceil (DEVIATIONS * step->values[0]), channels = picture->channels;
  const int margin = radius * channels, n = picture->width * channels;
  const GenPicture padded = gen_augment_pad (picture, workspace, radius);
  guint16 kernel[MAX_RADIUS + 1];
  guint16 *sums = gen_augment_scratch (
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
