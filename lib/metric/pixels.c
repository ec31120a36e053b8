/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features "pixels-16x16": the picture itself, small. */
#include "features.h"

#define SIZE 16

/* 256 for grey, 768 for colour (transparency is left out). */
static int
pixels_length (gpointer state, const GenFormat *format)
{
  return SIZE * SIZE * (format->channels >= 3 ? 3 : 1);
}

static gboolean
pixels_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  for (int i = 0; i < n; i++) {
    const GenFormat format = gen_sample_format (&samples[i]);
    int length = pixels_length (state, &format);

    for (int channel = 0; channel * SIZE * SIZE < length; channel++)
      gen_features_area (&samples[i].picture, channel, SIZE, out + channel * SIZE * SIZE);
    for (int k = 0; k < length; k++)
      out[k] *= 1.0f / 255;
    out += length;
  }
  return TRUE;
}

const GenEmbedder gen_embedder_pixels = {
  .name = "pixels-16x16",
  .medium = &gen_medium_picture,
  .summary = "The mean of each of 16 by 16 areas, each channel for itself, 0 to 1: sees colour "
             "and layout, and mistakes a shift for another picture",
  .batch = 1,
  .length = pixels_length,
  .compute = pixels_compute,
};
