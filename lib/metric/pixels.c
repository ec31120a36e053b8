/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features "pixels-16x16": the picture itself, small. */
#include "features.h"

#define SIZE 16

/* 256 for grey, 768 for colour (transparency is left out). */
static int
pixels_length (int channels)
{
  return SIZE * SIZE * (channels >= 3 ? 3 : 1);
}

static void
pixels_compute (const GenPicture *picture, float *out)
{
  int n = pixels_length (picture->channels);

  for (int channel = 0; channel * SIZE * SIZE < n; channel++)
    gen_features_area (picture, channel, SIZE, out + channel * SIZE * SIZE);
  for (int i = 0; i < n; i++)
    out[i] *= 1.0f / 255;
}

const GenFeatures gen_features_pixels = {
  .name = "pixels-16x16",
  .summary = "The mean of each of 16 by 16 areas, each channel for itself, 0 to 1: sees colour "
             "and layout, and mistakes a shift for another picture",
  .length = pixels_length,
  .compute = pixels_compute,
};
