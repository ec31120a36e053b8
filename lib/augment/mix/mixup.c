/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mixup (Zhang et al. 2018): the weighted mean of two frames, and of their labels. */
#include "mix-private.h"

static void
mixup (GenAugmentMixDraw *draw, double concentration, const GenRandom *random, guint64 number)
{
  draw->weights[0] = gen_augment_draw_share (random, number, 0, concentration);
  draw->weights[1] = 1 - draw->weights[0];
}

const GenAugmentMixing gen_augment_mixing_mixup = {
  .name = "mixup",
  .description = "The weighted mean of two frames",
  .partners = 1,
  .blends = TRUE,
  .concentration = 0.2,
  .draw = mixup,
};
