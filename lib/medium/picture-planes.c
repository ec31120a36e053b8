/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the interleaved bytes of pictures and the planes of numbers that nets work on. */
#include <generative/picture.h>

#include "../simd.h"

GEN_CLONES (void, row_to_plane,
    (const guint8 *restrict row, int step, int n, float scale, float low, float *restrict plane),
    (row, step, n, scale, low, plane))
{
  for (int x = 0; x < n; x++)
    plane[x] = row[x * step] * scale + low;
}

GEN_CLONES (void, plane_to_row,
    (const float *restrict plane, int step, int n, float scale, float low, guint8 *restrict row),
    (plane, step, n, scale, low, row))
{
  for (int x = 0; x < n; x++) {
    float byte = (plane[x] - low) * scale + 0.5f;

    row[x * step] = (guint8)CLAMP (byte, 0, 255);
  }
}

void
gen_picture_to_planes (const GenPicture *picture, float low, float high, float *planes)
{
  for (int c = 0; c < picture->channels; c++)
    for (int y = 0; y < picture->height; y++, planes += picture->width)
      row_to_plane (picture->data + (gssize)y * picture->stride + c, picture->channels,
          picture->width, (high - low) / 255, low, planes);
}

void
gen_picture_from_planes (GenPicture *picture, float low, float high, const float *planes)
{
  for (int c = 0; c < picture->channels; c++)
    for (int y = 0; y < picture->height; y++, planes += picture->width)
      plane_to_row (planes, picture->channels, picture->width, 255 / (high - low), low,
          picture->data + (gssize)y * picture->stride + c);
}
