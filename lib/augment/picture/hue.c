/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hue: colours are turned about the axis of greys, in the plane of U and V (ITU-R BT.601), so that
 * their luma stays: the field's linear hue, as of FFmpeg's filter of that name, and not HSV's. */
#include <math.h>

#include "picture.h"

/* What B - Y and R - Y are multiplied by. */
#define U 0.492
#define V 0.877

static const double luma[3] = { GEN_LUMA_RED, GEN_LUMA_GREEN, GEN_LUMA_BLUE };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const double angle = amount * gen_augment_signed (uniform[0]) * G_PI / 180;
  const double c = cos (angle), s = sin (angle);
  double rows[3][4] = { { 0 } };

  for (int k = 0; k < 3; k++) {
    /* Of one unit of this channel: its luma, U and V, and those turned. */
    const double y = luma[k], u = ((k == 2) - y) * U, v = ((k == 0) - y) * V;
    const double turned_u = c * u - s * v, turned_v = s * u + c * v;

    rows[0][k] = y + turned_v / V;
    rows[2][k] = y + turned_u / U;
    rows[1][k] = (y - luma[0] * rows[0][k] - luma[2] * rows[2][k]) / luma[1];
  }
  gen_augment_mix (draw, (const double (*)[4])rows);
}

const GenAugmentation gen_augmentation_picture_hue = {
  .medium = &gen_medium_picture,
  .name = "hue",
  .stream = "hue",
  .description = "Largest turn of the hue to either side, in degrees",
  .maximum = 180,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
