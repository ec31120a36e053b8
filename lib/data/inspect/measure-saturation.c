/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How colourful a picture is. */
#include "inspect-private.h"

/* (greatest - least) / greatest of a pixel's colours, as HSV has it. */
static double
saturation_of (const guint8 *pixel)
{
  const int most = MAX (MAX (pixel[0], pixel[1]), pixel[2]);
  const int least = MIN (MIN (pixel[0], pixel[1]), pixel[2]);

  return most > 0 ? (double)(most - least) / most : 0;
}

static double
saturation_measure (const GenInspected *item)
{
  const GenPicture *picture = &item->sample->picture;
  double sum = 0;

  if (picture->channels < 3)
    return 0;
  for (int y = 0; y < picture->height; y++) {
    const guint8 *row = picture->data + (gssize)y * picture->stride;

    for (int x = 0; x < picture->width; x++)
      sum += saturation_of (row + (gsize)x * (gsize)picture->channels);
  }
  return sum / picture->width / picture->height;
}

const GenDataMeasure gen_data_measure_saturation = {
  .name = "saturation",
  .unit = "share, 0 to 1",
  .summary = "Mean saturation of the pixels (HSV's); 0 is grey",
  .medium = &gen_medium_picture,
  .need = GEN_NEED_ITEM,
  .least = 0,
  .most = 1,
  .measure = saturation_measure,
};
