/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multi-scale SSIM: contrast and structure at five sizes, each half of the one before (the mean of
 * two by two), and brightness at the last; the product of their powers (Wang, Simoncelli and Bovik,
 * "Multiscale structural similarity for image quality assessment", 2003). */
#pragma once

#include "ssim.h"

#define GEN_MULTI_SCALE_SIZES 5

/* All zeros: nothing was compared yet. */
typedef struct {
  float *pyramids[2]; /* of both, the sizes below the first, one behind the other */
  gsize room;
} GenMultiScale;

void gen_multi_scale_clear (GenMultiScale *scales);

/* At how many of the sizes there is room for a window: all from 176 pixels each way on, and none
 * below 11. */
int gen_multi_scale_count (int width, int height);
/* How alike two pictures are at the first `sizes` sizes, whose powers are brought to a sum of 1
 * where these are not all, of bytes or of `floats`. What is less alike than nothing counts as 0. */
double gen_multi_scale_compare (GenMultiScale *scales, const GenSsimPlane *picture,
    const GenSsimPlane *reference, int width, int height, gboolean floats, int sizes);
