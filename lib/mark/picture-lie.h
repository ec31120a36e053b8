/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a pattern lies in a plane: what is at (x, y) of the plane is at R (x / across, y / down) of
 * the pattern, but for a shift, R turning by `rotation`. */
#pragma once

#include <glib.h>

typedef struct {
  double across, down; /* pixels of the plane a unit; across is negative where it is mirrored */
  double rotation;     /* radians */
  double x, y;         /* the shift, in units, where it is known: what is there is (0, 0) of the
                        * pattern */
  double score;
} GenPictureLie;

typedef double (*GenPictureLieFunc) (const GenPictureLie *lie, gpointer data);

/* Ways in which a lie is changed. */
#define GEN_LIE_ALIKE 2 /* both scales together, and rotation */
#define GEN_LIE_ANY 4   /* and each scale by itself */

/* Change `lie` as long as that betters its score, in `ways`, by steps from `first` down to `last`,
 * which are shares of scale, and radians. Returns the score. */
double gen_picture_lie_improve (GenPictureLie *lie, double first, double last, int ways,
    GenPictureLieFunc score, gpointer data);
