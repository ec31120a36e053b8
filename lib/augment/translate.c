/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translate: a shift along each axis. */
#include "augment-private.h"

static void
translate (GenAugmentDraw *draw, double amount, const float uniform[3])
{
  double x = amount * gen_augment_signed (uniform[0]) * draw->width;
  double y = amount * gen_augment_signed (uniform[1]) * draw->height;

  gen_augment_move (draw, (double[]){ 1, 0, -x }, (double[]){ 0, 1, -y });
}

const GenAugmentation gen_augmentation_translate = {
  .name = "translate",
  .description = "Largest shift along each axis, as a fraction of the width and the height",
  .maximum = 1,
  .apply = translate,
};
