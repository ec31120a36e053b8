/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downscale: the picture becomes that many times smaller, each pixel the mean of a square, and as
 * large as it was again, bilinear between the squares' middles. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

GEN_CLONES (void, add_row, (const guint8 *row, guint32 *sums, int n), (row, sums, n))
{
  for (int i = 0; i < n; i++)
    sums[i] += row[i];
}

/* The mean of each square, rounded; those at the right and lower edges are of what there is.
 * `sums`: a row of the picture's. */
static void
shrink (const GenPicture *picture, int side, guint32 *sums, GenPicture *small)
{
  const int channels = picture->channels, samples = picture->width * channels;

  for (int y = 0; y < small->height; y++) {
    const int below = MIN ((y + 1) * side, picture->height), rows = below - y * side;
    guint8 *out = small->data + (gssize)y * small->stride;

    memset (sums, 0, (gsize)samples * sizeof *sums);
    for (int py = y * side; py < below; py++)
      add_row (picture->data + (gssize)py * picture->stride, sums, samples);
    for (int x = 0; x < small->width; x++) {
      const int right = MIN ((x + 1) * side, picture->width);
      const guint32 n = (guint32)((right - x * side) * rows);

      for (int c = 0; c < channels; c++) {
        guint32 sum = 0;

        for (int px = x * side; px < right; px++)
          sum += sums[px * channels + c];
        *out++ = (guint8)((sum + n / 2) / n);
      }
    }
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

/* Samples between number `first` of `in` and the one `channels` on. */
GEN_CLONES (void, enlarge_row,
    (const float *restrict in, const gint32 *first, const float *share, int channels,
        guint8 *restrict out, int n),
    (in, first, share, channels, out, n))
{
  for (int i = 0; i < n; i++) {
    const float left = in[first[i]], right = in[first[i] + channels];

    out[i] = (guint8)(int)(left + (right - left) * share[i] + 0.5f);
  }
}

/* The places of the samples of a row. */
static void
find_places (int side, int extent, int channels, gint32 *first, float *share, int n)
{
  for (int x = 0; x < n; x++) {
    int pixel;

    find_place (x, side, extent, &pixel, share);
    for (int c = 0; c < channels; c++) {
      first[c] = pixel * channels + c;
      share[c] = share[0];
    }
    first += channels;
    share += channels;
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int side = (int)step->values[0], channels = picture->channels;
  const int samples = picture->width * channels;
  GenPicture small = *picture;
  float *blended, *share;
  gint32 *first;
  guint8 *row;

  small.width = (picture->width + side - 1) / side;
  small.height = (picture->height + side - 1) / side;
  small.stride = small.width * channels;
  small.data = gen_augment_scratch (
      workspace, GEN_SCRATCH_PICTURE, (gsize)small.stride * (gsize)small.height);
  /* Where there is one pixel alone, its neighbour has no share, but is looked at. */
  blended = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS,
      (gsize)(small.stride + channels) * sizeof *blended + (gsize)samples * 9);
  share = blended + small.stride + channels;
  first = (gint32 *)(share + samples);
  row = (guint8 *)(first + samples);
  shrink (picture, side, (guint32 *)first, &small);
  find_places (side, small.width, channels, first, share, picture->width);
  memset (blended + small.stride, 0, (gsize)channels * sizeof *blended);
  for (int y = 0; y < picture->height; y++) {
    const guint8 *above;
    float down;
    int from;

    find_place (y, side, small.height, &from, &down);
    above = small.data + (gssize)from * small.stride;
    blend_rows (
        above, above + (from + 1 < small.height ? small.stride : 0), down, blended, small.stride);
    enlarge_row (blended, first, share, channels, row, samples);
    gen_augment_store (row, picture->data + (gssize)y * picture->stride, picture->width, channels);
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
