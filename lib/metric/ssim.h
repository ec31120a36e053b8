/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structural similarity of pictures of one channel (Wang, Bovik, Sheikh and Simoncelli 2004, their
 * constants: Gaussian window of 11 by 11 with sigma 1.5, K1 0.01, K2 0.03; variances divided by n),
 * averaged over the places where the window lies within the picture.
 *
 * Of squares only the sum of both frames' counts, and a frame's mean is kept for the next one, so
 * that three planes are filtered a frame and not five. Filtering is separable and goes row by row
 * through a ring of filtered rows. Levels are centred about 128, which keeps single precision good
 * enough for differences of squares. */
#pragma once

#include <glib.h>

typedef struct _GenSsim GenSsim;

typedef struct {
  double similarity;
  double contrast; /* without the term of brightness */
} GenSsimFigures;

/* `contrast`: whether that figure is wanted; else it is 0. */
GenSsim *gen_ssim_new (gboolean contrast);
void gen_ssim_free (GenSsim *ssim);
/* Compare a frame of levels from 0 to 255, of bytes or of `floats`, with the one before, rows
 * `stride` bytes apart. FALSE where there was none of that kind; then the figures mean nothing. */
gboolean gen_ssim_next (GenSsim *ssim, const void *levels, gsize stride, int width, int height,
    gboolean floats, GenSsimFigures *figures);
/* The next frame has none before it. */
void gen_ssim_forget (GenSsim *ssim);
