/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neighbours.h"

#include <string.h>

#include "../../simd.h"

int
gen_augment_reflect (int position, int extent)
{
  position = ABS (position);
  if (position > extent - 1)
    position = 2 * (extent - 1) - position;
  return MAX (position, 0);
}

GenPicture
gen_augment_pad (const GenPicture *picture, GenAugmentWorkspace *workspace, int margin)
{
  const int width = picture->width, height = picture->height, channels = picture->channels;
  const int stride = (width + 2 * margin) * channels;
  GenPicture padded = *picture;

  padded.stride = stride;
  padded.data = gen_augment_scratch (
      workspace, GEN_SCRATCH_PICTURE, (gsize)stride * (gsize)(height + 2 * margin));
  padded.data += (gssize)margin * stride + (gssize)margin * channels;
  for (int y = 0; y < height; y++) {
    guint8 *row = padded.data + (gssize)y * stride;

    memcpy (row, picture->data + (gssize)y * picture->stride, (gsize)(width * channels));
    for (int i = 1; i <= margin; i++) {
      memcpy (row - (gssize)i * channels, row + gen_augment_reflect (-i, width) * channels,
          (gsize)channels);
      memcpy (row + (gssize)(width - 1 + i) * channels,
          row + gen_augment_reflect (width - 1 + i, width) * channels, (gsize)channels);
    }
  }
  for (int i = 1; i <= margin; i++)
    for (int below = 0; below < 2; below++) {
      const int y = below ? height - 1 + i : -i;
      const gssize margin_bytes = (gssize)margin * channels;

      memcpy (padded.data + (gssize)y * stride - margin_bytes,
          padded.data + (gssize)gen_augment_reflect (y, height) * stride - margin_bytes,
          (gsize)stride);
    }
  return padded;
}

GEN_CLONES (void, store_four, (const guint8 *pixels, guint8 *out, int n), (pixels, out, n))
{
  for (int i = 0; i < 4 * n; i++)
    out[i] = (i & 3) == 3 ? out[i] : pixels[i];
}

void
gen_augment_store (const guint8 *pixels, guint8 *out, int n, int channels)
{
  if (channels == 4)
    store_four (pixels, out, n);
  else
    memcpy (out, pixels, (gsize)n * (gsize)channels);
}
