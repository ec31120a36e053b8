/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Butterworth filters of a band: the poles of a low pass of fourth order, each of which becomes two
 * (s -> (s^2 + w^2) / (B s) of a band pass, its inverse of a band stop), and the bilinear transform
 * of them, prewarped so that both edges are exact, as scipy.signal.butter (4, …) makes it. */
#include <complex.h>
#include <math.h>

#include "sound.h"

#define ORDER 4

/* A pair of a pole and its conjugate, with the zeros that go with it. */
static void
add_pair (GenAugmentSoundDraw *draw, complex double pole, const double zeros[3], double at)
{
  const complex double z = (1 + pole) / (1 - pole), turn = cexp (-I * at);
  const double a[3] = { 1, -2 * creal (z), creal (z * conj (z)) };
  const double gain = cabs (
      (a[0] + turn * (a[1] + turn * a[2])) / (zeros[0] + turn * (zeros[1] + turn * zeros[2])));

  gen_augment_sound_biquad (
      draw, (const double[]){ zeros[0] * gain, zeros[1] * gain, zeros[2] * gain }, a);
}

/* The gain is 1 in the middle of a band that passes, and at 0 Hz beside one that is stopped. */
void
gen_augment_sound_butterworth (
    GenAugmentSoundDraw *draw, GenAugmentBand kind, double low, double high)
{
  const double from = tan (G_PI * MIN (low / draw->rate, GEN_AUGMENT_HIGHEST / 2));
  const double to = tan (G_PI * MIN (high / draw->rate, GEN_AUGMENT_HIGHEST));
  const double width = to - from, square = from * to, middle = 2 * atan (sqrt (square));
  const double through[3] = { 1, 0, -1 }, stop[3] = { 1, -2 * cos (middle), 1 };

  for (int k = 0; k < ORDER / 2; k++) {
    const complex double pole = cexp (I * G_PI * (2 * k + ORDER + 1) / (2.0 * ORDER));
    const complex double half = (kind == GEN_AUGMENT_THROUGH ? pole * width : width / pole) / 2;
    const complex double root = csqrt (half * half - square);

    for (int side = -1; side <= 1; side += 2)
      add_pair (draw, half + side * root, kind == GEN_AUGMENT_THROUGH ? through : stop,
          kind == GEN_AUGMENT_THROUGH ? middle : 0);
  }
}
