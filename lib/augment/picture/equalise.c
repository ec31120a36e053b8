/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Equalise: each channel's levels are spread so that all are about as frequent, as Pillow's
 * ImageOps.equalize does it. */
#include "measure.h"

static void
find_table (const guint32 counts[256], guint8 table[256])
{
  guint32 total = 0, last = 0, step, sum;

  for (int v = 0; v < 256; v++) {
    total += counts[v];
    last = counts[v] > 0 ? counts[v] : last;
  }
  /* The most frequent levels but the last have 255 steps. */
  step = (total - last) / 255;
  sum = step / 2;
  for (int v = 0; v < 256; v++) {
    table[v] = (guint8)(step > 0 ? MIN (sum / step, 255) : (guint32)v);
    sum += counts[v];
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  gen_augment_spread_levels (picture, find_table);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

void
gen_augment_equalise (GenAugmentPictureDraw *draw)
{
  gen_augment_picture_add (draw, &change, NULL, 0);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_equalise (draw);
}

const GenAugmentation gen_augmentation_picture_equalise = {
  .medium = &gen_medium_picture,
  .name = "equalise",
  .stream = "equalise",
  .description = "How many frames have their histogram equalised, as a fraction",
  .maximum = 1,
  .apply_picture = apply,
};
