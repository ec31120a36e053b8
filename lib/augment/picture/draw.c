/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The draw of a picture. */
#include "picture.h"

void
gen_augment_draw_picture (const GenAugmentSettings *settings, guint64 frame, int width, int height,
    GenAugmentPictureDraw *draw)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);

  g_return_if_fail (settings->medium == &gen_medium_picture);
  *draw = (GenAugmentPictureDraw){
    .width = width,
    .height = height,
    .x = { 1, 0, 0 },
    .y = { 0, 1, 0 },
    .gain = 1,
    .random = gen_random_new (settings->seed, GEN_STREAM_SAMPLE_NOISE, 0),
    .frame = frame,
  };
  for (int i = 0; list[i] != NULL; i++) {
    float uniform[3];
    double amount;

    if (gen_augment_takes (settings, i, frame, &amount, uniform))
      list[i]->apply_picture (draw, amount, uniform);
  }
}

gboolean
gen_augment_picture_moves (const GenAugmentPictureDraw *draw)
{
  return draw->x[0] != 1 || draw->x[1] != 0 || draw->x[2] != 0 || draw->y[0] != 0 ||
         draw->y[1] != 1 || draw->y[2] != 0;
}

gboolean
gen_augment_picture_is_idle (const GenAugmentPictureDraw *draw)
{
  return !gen_augment_picture_moves (draw) && draw->gain == 1 && draw->offset == 0 &&
         draw->noise == 0;
}

void
gen_augment_picture_follow (const GenAugmentPictureDraw *draw, double *x, double *y)
{
  double determinant = draw->x[0] * draw->y[1] - draw->x[1] * draw->y[0];
  double from_x = *x - 0.5 * draw->width - draw->x[2];
  double from_y = *y - 0.5 * draw->height - draw->y[2];

  *x = 0.5 * draw->width + (draw->y[1] * from_x - draw->x[1] * from_y) / determinant;
  *y = 0.5 * draw->height + (draw->x[0] * from_y - draw->y[0] * from_x) / determinant;
}
