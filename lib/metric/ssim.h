/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structural similarity of pictures of one channel (Wang, Bovik, Sheikh and Simoncelli 2004, their
 * constants: Gaussian window of 11 by 11 with sigma 1.5, K1 0.01, K2 0.03; variances divided by n),
 * averaged over the places where the window lies within the picture. A picture that is smaller than
 * the window has a smaller one, of the largest odd extent that fits. */
#pragma once

#include <glib.h>

typedef struct {
  double similarity;
  double contrast; /* without the term of brightness */
} GenSsimFigures;

/* Levels from 0 to 255, of bytes or of `floats`, rows `stride` bytes apart. */
typedef struct {
  const void *levels;
  gsize stride;
} GenSsimPlane;

/* How alike two pictures are. `contrast`: whether that figure is wanted; else it is 0. */
GenSsimFigures gen_ssim_compare (const GenSsimPlane *a, const GenSsimPlane *b, int width,
    int height, gboolean floats, gboolean contrast);
