/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fog: the picture fades to a light grey, in drifts: a smooth random field says where more and
 * where less, from half of it to all. */
#include "../../simd.h"
#include "field.h"

#define LIGHT 230.0f /* of 255 */

static inline void
fade_pixels (guint8 *pixels, const float *density, int channels, int n)
{
  const int colours = MIN (channels, 3);

  for (int i = 0; i < n; i++, pixels += channels)
    for (int c = 0; c < colours; c++) {
      float value = pixels[c] + (LIGHT - pixels[c]) * density[i] + 0.5f;

      pixels[c] = (guint8)(int)value;
    }
}

GEN_CLONES (void, fade, (guint8 * pixels, const float *density, int channels, int n),
    (pixels, density, channels, n))
{
  switch (channels) {
  case 1:
    fade_pixels (pixels, density, 1, n);
    break;
  case 3:
    fade_pixels (pixels, density, 3, n);
    break;
  case 4:
    fade_pixels (pixels, density, 4, n);
    break;
  }
}

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const float *field = draw->numbers + step->first_number, most = (float)step->values[0];
  const GenFieldPlace place = { GEN_FIELD_CELLS / (float)draw->width,
    GEN_FIELD_CELLS / (float)draw->height, 0 };
  float x[GEN_AUGMENT_CHUNK], y[GEN_AUGMENT_CHUNK], density[GEN_AUGMENT_CHUNK];

  for (int i = 0; i < n; i += GEN_AUGMENT_CHUNK) {
    const int length = MIN (GEN_AUGMENT_CHUNK, n - i);

    for (int k = 0; k < length; k++) {
      x[k] = (float)(i + k) + 0.5f;
      y[k] = (float)row + 0.5f;
    }
    gen_augment_field_at (field, &place, x, y, density, length);
    for (int k = 0; k < length; k++)
      density[k] = most * (0.75f + 0.25f * density[k]);
    fade (pixels + i * channels, density, channels, length);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step =
      gen_augment_picture_add (draw, &change, (double[]){ amount * uniform[0] }, 1);
  float drawn[GEN_FIELD_DRAWN];

  gen_augment_picture_numbers (draw, 0, drawn, GEN_FIELD_DRAWN);
  gen_augment_field_init (gen_augment_picture_room (draw, step, GEN_FIELD_VALUES), drawn);
}

const GenAugmentation gen_augmentation_picture_fog = {
  .medium = &gen_medium_picture,
  .name = "fog",
  .stream = "fog",
  .description = "Largest share of fog in the densest of its drifts",
  .maximum = 1,
  .apply_picture = apply,
};
