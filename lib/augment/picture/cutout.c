/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutout: rectangles that are anywhere within the picture become one level of grey, so that nothing
 * is known by one part alone (DeVries and Taylor 2017). */
#include <math.h>

#include "value.h"

#define MAX_HOLES 16
#define EACH 4 /* numbers of a hole: left, top, right, bottom */

static void
row (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row, guint8 *pixels,
    int n, int channels)
{
  const float *hole = draw->numbers + step->first_number;
  const int level = (int)(step->values[0] * 255 + 0.5);

  for (int i = 0; i < (int)step->values[1]; i++, hole += EACH) {
    if (row >= (int)hole[1] && row < (int)hole[3])
      gen_augment_fill (pixels, (int)hole[0], MIN ((int)hole[2], n), channels, level);
  }
}

static const GenPictureChange change = { .kind = GEN_CHANGE_ROW, .row = row };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const int holes = (int)gen_augment_picture_parameter (draw, 0);
  GenAugmentPictureStep *step = gen_augment_picture_add (
      draw, &change, (double[]){ gen_augment_picture_parameter (draw, 1), holes }, 2);
  float numbers[EACH * MAX_HOLES], *room = gen_augment_picture_room (draw, step, EACH * holes);

  gen_augment_picture_numbers (draw, 0, numbers, EACH * holes);
  for (int i = 0; i < holes; i++) {
    const float *number = numbers + EACH * i;
    const double width = amount * number[0], height = amount * number[1];

    room[EACH * i] = (float)floor (number[2] * (1 - width) * draw->width + 0.5);
    room[EACH * i + 1] = (float)floor (number[3] * (1 - height) * draw->height + 0.5);
    room[EACH * i + 2] = (float)floor (room[EACH * i] + width * draw->width + 0.5);
    room[EACH * i + 3] = (float)floor (room[EACH * i + 1] + height * draw->height + 0.5);
  }
}

const GenAugmentation gen_augmentation_picture_cutout = {
  .medium = &gen_medium_picture,
  .name = "cutout",
  .stream = "cutout",
  .description = "Largest width and height of a hole, as a fraction of the picture's",
  .maximum = 1,
  .parameters = { {
                      .name = "holes",
                      .description = "How many holes there are",
                      .minimum = 1,
                      .maximum = MAX_HOLES,
                      .standard = 1,
                  },
      {
          .name = "level",
          .description = "What is in the holes: 0 is black, 1 white",
          .minimum = 0,
          .maximum = 1,
          .standard = 0,
      } },
  .apply_picture = apply,
};
