/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channel shuffle: red, green and blue in one of their six orders, the present one being one. */
#include "picture.h"

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  int order = (int)(6 * uniform[1]), first = order / 2;
  int from[3] = { first, (first + 1) % 3, (first + 2) % 3 };
  double rows[3][4] = { { 0 } };

  if (uniform[0] >= amount || order == 0)
    return;
  if (order % 2 == 1) {
    int other = from[1];

    from[1] = from[2];
    from[2] = other;
  }
  for (int c = 0; c < 3; c++)
    rows[c][from[c]] = 1;
  gen_augment_mix (draw, (const double (*)[4])rows);
}

const GenAugmentation gen_augmentation_picture_channel_shuffle = {
  .medium = &gen_medium_picture,
  .name = "channel-shuffle",
  .stream = "channel-shuffle",
  .description = "How many frames have their colour channels shuffled, as a fraction",
  .maximum = 1,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
