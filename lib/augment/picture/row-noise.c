/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "row-noise.h"

#define PIECE 256 /* pixels */

void
gen_augment_noise_row (const GenRowNoise *noise, const GenAugmentPictureDraw *draw,
    const GenAugmentPictureStep *step, int row, guint8 *pixels, int n, int channels)
{
  const int each = noise->numbers_each > 0 ? noise->numbers_each : channels;
  /* Rows begin at whole blocks of random numbers. */
  const guint64 begin = (guint64)row * (((guint64)n * (guint64)each + 3) & ~(guint64)3);
  float numbers[GEN_ROW_NOISE_NUMBERS * PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    noise->numbers (&step->random, draw->frame, begin + (guint64)i * (guint64)each, numbers,
        (gsize)length * (gsize)each);
    noise->add (pixels + i * channels, numbers, step->values[0], channels, length);
  }
}

void
gen_augment_add_noise (GenAugmentPictureDraw *draw, const GenPictureChange *change, double amount)
{
  gen_augment_picture_draw_pixels (draw, gen_augment_picture_add (draw, change, &amount, 1));
}
