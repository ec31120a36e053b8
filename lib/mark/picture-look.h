/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a reader makes of a frame: a plane of at most a megapixel, in which what the frame shows is
 * as quiet as can be, and a mark is not. */
#pragma once

#include <generative/picture-mark.h>

#include "../private-api.h"

/* No plane is larger. */
#define GEN_LOOK_LONGER 1024
#define GEN_LOOK_SHORTER 512

typedef struct {
  int frame_width, frame_height;
  int factor; /* pixels of the frame, across and down, that are one of the plane */
  int width, height;
  float *plane, *means, *magnitudes;
  float *sums;           /* of columns */
  guint16 *sums_of_rows; /* of a frame's */
  guint8 *row;
} GenPictureLook;

GEN_PRIVATE_API void gen_picture_look_set_size (GenPictureLook *look, int width, int height);
GEN_PRIVATE_API void gen_picture_look_clear (GenPictureLook *look);
/* Add what is seen in a frame to `sum`, of the look's width and height. */
GEN_PRIVATE_API void gen_picture_look_add (
    GenPictureLook *look, const GenMarkFrame *frame, float *sum);
