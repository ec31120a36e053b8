/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NIQE looks at: the statistics of scenes of each area of a picture at two sizes. The whole
 * areas from the top left are taken, and the picture that they make is halved as MATLAB's imresize
 * does it, bicubic and free of aliases, its border mirrored. */
#pragma once

#include <generative/naturalness.h>

typedef struct _GenAreas GenAreas;

typedef struct {
  double sharpness; /* the mean deviation of luma within windows */
  double features[GEN_NATURALNESS_FEATURES];
} GenArea;

GenAreas *gen_areas_new (void);
void gen_areas_free (GenAreas *areas);
/* Those of a picture's luma that are not flat, which are kept until the next call. */
const GenArea *gen_areas_describe (GenAreas *areas, const GenPicture *luma, guint *n);
