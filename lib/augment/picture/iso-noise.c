/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ISO noise: what a sensor's amplifier makes of little light. A tenth of the variance in white is
 * there in black, too; the rest goes with the light. Half of it is common to the colours of a
 * pixel, the other half is each one's own, so that greys become blotches of colour. */
#include <math.h>

#include "../../simd.h"
#include "picture.h"

#define READ 0.1f /* of the variance in white */
#define PIECE 256 /* pixels */
#define EACH 4    /* numbers of a pixel: the common one and each colour's */

static inline void
add_pixels (guint8 *pixels, const float *normals, float deviation, int channels, int n)
{
  const int colours = MIN (channels, 3);

  for (int i = 0; i < n; i++, pixels += channels, normals += EACH)
    for (int c = 0; c < colours; c++) {
      float light = pixels[c] * (1 / 255.0f);
      float noise = (normals[0] + normals[1 + c]) * (float)G_SQRT2 * 0.5f;
      float value = pixels[c] + 255 * deviation * sqrtf (READ + (1 - READ) * light) * noise + 0.5f;

      pixels[c] = (guint8)(int)CLAMP (value, 0.0f, 255.0f);
    }
}

GEN_CLONES (void, add,
    (guint8 * pixels, const float *normals, float deviation, int channels, int n),
    (pixels, normals, deviation, channels, n))
{
  switch (channels) {
  case 1:
    add_pixels (pixels, normals, deviation, 1, n);
    break;
  case 3:
    add_pixels (pixels, normals, deviation, 3, n);
    break;
  case 4:
    add_pixels (pixels, normals, deviation, 4, n);
    break;
  }
}

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  float normals[EACH * PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_row_normals (draw, step, row, EACH * n, EACH * i, normals, EACH * length);
    add (pixels + i * channels, normals, (float)step->values[0], channels, length);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step =
      gen_augment_picture_add (draw, &change, (double[]){ amount * uniform[0] }, 1);

  gen_augment_picture_draw_pixels (draw, step);
}

const GenAugmentation gen_augmentation_picture_iso_noise = {
  .medium = &gen_medium_picture,
  .name = "iso-noise",
  .stream = "iso-noise",
  .description =
      "Largest standard deviation of the noise of a sensor in white, as a fraction of white",
  .maximum = 1,
  .apply_picture = apply,
};
