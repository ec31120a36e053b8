/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sharpen: away from the picture that a filter of three by three has smoothed, whose weights are 1
 * around 5, as Pillow's ImageEnhance.Sharpness does it; pixels at the edges stay. */
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

/* `n` samples whose neighbours in a row are `step` apart. */
GEN_CLONES (void, sharpen_row,
    (const guint8 *in, gssize stride, int step, float factor, guint8 *out, int n),
    (in, stride, step, factor, out, n))
{
  const guint8 *above = in - stride, *below = in + stride;

  for (int i = 0; i < n; i++) {
    int sum = above[i - step] + above[i] + above[i + step] + in[i - step] + 5 * in[i] +
              in[i + step] + below[i - step] + below[i] + below[i + step];
    float smooth = (float)(int)((float)sum * (1 / 13.0f) + 0.5f);
    float value = smooth + factor * ((float)in[i] - smooth) + 0.5f;

    out[i] = (guint8)(int)CLAMP (value, 0.0f, 255.0f);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int channels = picture->channels, n = (picture->width - 2) * channels;
  GenPicture padded;
  guint8 *row;

  if (picture->width < 3 || picture->height < 3)
    return;
  padded = gen_augment_pad (picture, workspace, 0);
  row = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, (gsize)n);
  for (int y = 1; y < picture->height - 1; y++) {
    sharpen_row (padded.data + (gssize)y * padded.stride + channels, padded.stride, channels,
        (float)step->values[0], row, n);
    gen_augment_store (
        row, picture->data + (gssize)y * picture->stride + channels, picture->width - 2, channels);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

void
gen_augment_sharpness (GenAugmentPictureDraw *draw, double factor)
{
  gen_augment_picture_add (draw, &change, &factor, 1);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sharpness (draw, 1 + amount * uniform[0]);
}

const GenAugmentation gen_augmentation_picture_sharpen = {
  .medium = &gen_medium_picture,
  .name = "sharpen",
  .stream = "sharpen",
  .description = "Most that is added of the difference to a smoothed picture",
  .maximum = 10,
  .apply_picture = apply,
};
