/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shadow: a strip from the upper to the lower edge is darker, between two lines whose ends are
 * anywhere on those edges. Pixels that a line crosses are darkened by their part. */
#include "value.h"

/* Pixel `x`, of which the part between two places is darkened. */
static void
darken (guint8 *pixel, int channels, int x, double factor, double begin, double end)
{
  const double part = MIN (end, x + 1.0) - MAX (begin, x);

  for (int c = 0; c < MIN (channels, 3); c++)
    pixel[c] = (guint8)(pixel[c] * (1 - (1 - factor) * part) + 0.5);
}

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const double *values = step->values, down = (row + 0.5) / draw->height;
  const double a = values[1] + (values[2] - values[1]) * down;
  const double b = values[3] + (values[4] - values[3]) * down;
  const double begin = MIN (a, b), end = MIN (MAX (a, b), n);
  const int first = (int)begin, last = (int)end;
  const GenValueStage stage = { .kind = GEN_STAGE_TONE, .rows = { { values[0] } } };

  if (begin >= n)
    return;
  darken (pixels + first * channels, channels, first, values[0], begin, end);
  if (last == first)
    return;
  gen_value_stage_run (&stage, pixels + (first + 1) * channels, pixels + (first + 1) * channels,
      last - first - 1, channels);
  if (last < n)
    darken (pixels + last * channels, channels, last, values[0], begin, end);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step =
      gen_augment_picture_add (draw, &change, (double[]){ 1 - amount * uniform[0] }, 1);
  float ends[4];

  gen_augment_picture_numbers (draw, 0, ends, 4);
  for (int i = 0; i < 4; i++)
    step->values[1 + i] = (double)ends[i] * draw->width;
}

const GenAugmentation gen_augmentation_picture_shadow = {
  .medium = &gen_medium_picture,
  .name = "shadow",
  .stream = "shadow",
  .description = "Largest share of the light that a shadow across the picture takes",
  .maximum = 1,
  .apply_picture = apply,
};
