/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flip: each chosen direction is mirrored in one of two frames. */
#include "picture.h"

enum { HORIZONTAL = 1, VERTICAL = 2 };

static const char *const choices[] = { "none", "horizontal", "vertical", "both", NULL };

static void
flip (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  int directions = (int)amount;
  double x = (directions & HORIZONTAL) != 0 && uniform[0] < 0.5f ? -1 : 1;
  double y = (directions & VERTICAL) != 0 && uniform[1] < 0.5f ? -1 : 1;

  if (x > 0 && y > 0)
    return;
  gen_augment_move (draw, (double[]){ x, 0, 0 }, (double[]){ 0, y, 0 });
}

const GenAugmentation gen_augmentation_picture_flip = {
  .medium = &gen_medium_picture,
  .name = "flip",
  .stream = "flip",
  .description = "Directions in which frames are mirrored, half of them each",
  .maximum = 3,
  .choices = choices,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = flip,
};
