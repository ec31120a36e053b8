/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Auto contrast: each channel's darkest level becomes black, and its lightest white, as Pillow's
 * ImageOps.autocontrast does it. */
#include "measure.h"

static void
find_table (const guint32 counts[256], guint8 table[256])
{
  int low = 0, high = 255;

  while (low < 255 && counts[low] == 0)
    low++;
  while (high > 0 && counts[high] == 0)
    high--;
  for (int v = 0; v < 256; v++)
    table[v] = (guint8)(high <= low ? v : CLAMP ((v - low) * 255.0 / (high - low), 0, 255));
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  gen_augment_spread_levels (picture, find_table);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

void
gen_augment_auto_contrast (GenAugmentPictureDraw *draw)
{
  gen_augment_picture_add (draw, &change, NULL, 0);
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_auto_contrast (draw);
}

const GenAugmentation gen_augmentation_picture_auto_contrast = {
  .medium = &gen_medium_picture,
  .name = "auto-contrast",
  .stream = "auto-contrast",
  .description = "How many frames have their levels stretched from black to white, as a fraction",
  .maximum = 1,
  .apply_picture = apply,
};
