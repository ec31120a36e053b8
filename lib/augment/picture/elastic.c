/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elastic: the picture is drawn about like rubber, by a smooth field of displacements (Simard et
 * al. 2003) that is random on a coarse lattice (Ronneberger et al. 2015). A quarter of the picture
 * lies between the points of the lattice, more than twice the largest displacement, so that it
 * never folds. */
#include "field.h"

static void
place (
    const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, float *x, float *y, int n)
{
  const float *values = draw->numbers + step->first_number;
  const GenFieldPlace place = { GEN_FIELD_CELLS / (float)draw->width,
    GEN_FIELD_CELLS / (float)draw->height, GEN_FIELD_CELLS / 2 };
  const float by = (float)step->values[0];
  float dx[GEN_AUGMENT_CHUNK], dy[GEN_AUGMENT_CHUNK];

  gen_augment_field_at (values, &place, x, y, dx, n);
  gen_augment_field_at (values + GEN_FIELD_VALUES, &place, x, y, dy, n);
  for (int i = 0; i < n; i++) {
    x[i] += by * dx[i];
    y[i] += by * dy[i];
  }
}

static const GenPictureChange elastic = { .kind = GEN_CHANGE_WARP, .place = place };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  GenAugmentPictureStep *step;
  float drawn[2 * GEN_FIELD_DRAWN], *values;

  step = gen_augment_picture_add (
      draw, &elastic, (double[]){ amount * MIN (draw->width, draw->height) }, 1);
  values = gen_augment_picture_room (draw, step, 2 * GEN_FIELD_VALUES);
  gen_augment_picture_numbers (draw, 0, drawn, 2 * GEN_FIELD_DRAWN);
  gen_augment_field_init (values, drawn);
  gen_augment_field_init (values + GEN_FIELD_VALUES, drawn + GEN_FIELD_DRAWN);
}

const GenAugmentation gen_augmentation_picture_elastic = {
  .medium = &gen_medium_picture,
  .name = "elastic",
  .stream = "elastic",
  .description = "Largest displacement of a smooth random warp, as a fraction of the shorter side",
  .maximum = 0.1,
  .apply_picture = apply,
};
