/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downscale: the picture becomes that many times smaller, each pixel the mean of a square, and as
 * large as it was again, bilinear between the squares' middles. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

/* The mean of each square, rounded; those at the right and lower edges are of what there is. */
static void
shrink (const GenPicture *picture, int side, GenPicture *small)
{
  const int channels = picture->channels;

  for (int y = 0; y < small->height; y++)
    for (int x = 0; x < small->width; x++)
      for (int c = 0; c < channels; c++) {
        const int right = MIN ((x + 1) * side, picture->width);
        const int below = MIN ((y + 1) * side, picture->height);
        const int n = (right - x * side) * (below - y * side);
        int sum = 0;

        for (int py = y * side; py < below; py++)
          for (int px = x * side; px < right; px++)
            sum += picture->data[(gssize)py * picture->stride + px * channels + c];
        small->data[y * small->stride + x * channels + c] = (guint8)((sum + n / 2) / n);
      }
}

/* Where a pixel lies among the middles of squares. */
static void
find_place (int position, int side, int extent, int *first, float *share)
{
  const float at = (float)CLAMP ((position + 0.5) / side - 0.5, 0, extent - 1);

  *first = MIN ((int)at, MAX (extent - 2, 0));
  *share = at - (float)*first;
}

GEN_CLONES (void, blend_rows,
    (const guint8 *above, const guint8 *below, float share, float *out, int n),
    (above, below, share, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = above[i] + (float)(below[i] - above[i]) * share;
}

static void
enlarge_row (const float *in, int last, const int *first, const float *share, int channels,
    guint8 *out, int n)
{
  for (int x = 0; x < n; x++)
    for (int c = 0; c < channels; c++) {
      const float left = in[first[x] * channels + c];
      const float right = in[MIN (first[x] + 1, last) * channels + c];

      *out++ = (guint8)(int)(left + (right - left) * share[x] + 0.5f);
    }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int side = (int)step->values[0], channels = picture->channels, n = picture->width;
  GenPicture small = *picture;
  float *blended, *share, share_y;
  int *first, first_y;
  guint8 *row;

  small.width = (picture->width + side - 1) / side;
  small.height = (picture->height + side - 1) / side;
  small.stride = small.width * channels;
  small.data = gen_augment_scratch (
      workspace, GEN_SCRATCH_PICTURE, (gsize)small.stride * (gsize)small.height);
  blended = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS,
      (gsize)small.stride * sizeof *blended + (gsize)n * (sizeof *share + sizeof *first + 4));
  share = blended + small.stride;
  first = (int *)(share + n);
  row = (guint8 *)(first + n);
  shrink (picture, side, &small);
  for (int x = 0; x < n; x++)
    find_place (x, side, small.width, &first[x], &share[x]);
  for (int y = 0; y < picture->height; y++) {
    const guint8 *above;

    find_place (y, side, small.height, &first_y, &share_y);
    above = small.data + (gssize)first_y * small.stride;
    blend_rows (above, above + (first_y + 1 < small.height ? small.stride : 0), share_y, blended,
        small.stride);
    enlarge_row (blended, small.width - 1, first, share, channels, row, n);
    gen_augment_store (row, picture->data + (gssize)y * picture->stride, n, channels);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const int side = (int)(2 + uniform[0] * (floor (amount) - 1));

  if (amount >= 2)
    gen_augment_picture_add (draw, &change, (double[]){ side }, 1);
}

const GenAugmentation gen_augmentation_picture_downscale = {
  .medium = &gen_medium_picture,
  .name = "downscale",
  .stream = "downscale",
  .description =
      "Most times that the picture is made smaller before it is enlarged again: from 2 on",
  .maximum = 32,
  .apply_picture = apply,
};
