/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters that make a part of the spectrum louder or quieter, by the formulas of Robert
 * Bristow-Johnson's "Audio EQ Cookbook" (W3C Note, 2021). */
#include <math.h>

#include "sound.h"

typedef struct {
  double cosine, sine, gain; /* of the frequency; the root of the factor */
} Place;

static Place
place_of (const GenAugmentSoundDraw *draw, double frequency, double decibels)
{
  const double omega = 2 * G_PI * MIN (frequency / draw->rate, GEN_AUGMENT_HIGHEST);

  return (Place){ cos (omega), sin (omega), pow (10, decibels / 40) };
}

/* Half of the bandwidth, of so many octaves before the bilinear transform has warped it. */
static double
alpha_of (const Place *place, double octaves)
{
  return place->sine * sinh (G_LN2 / 2 * octaves * acos (place->cosine) / place->sine);
}

void
gen_augment_sound_band (GenAugmentSoundDraw *draw, double frequency, double octaves)
{
  const Place at = place_of (draw, frequency, 0);
  const double alpha = alpha_of (&at, octaves);

  gen_augment_sound_biquad (draw, (const double[]){ alpha, 0, -alpha },
      (const double[]){ 1 + alpha, -2 * at.cosine, 1 - alpha });
}

void
gen_augment_sound_peaking (
    GenAugmentSoundDraw *draw, double frequency, double octaves, double decibels)
{
  const Place at = place_of (draw, frequency, decibels);
  const double alpha = alpha_of (&at, octaves);

  gen_augment_sound_biquad (draw,
      (const double[]){ 1 + alpha * at.gain, -2 * at.cosine, 1 - alpha * at.gain },
      (const double[]){ 1 + alpha / at.gain, -2 * at.cosine, 1 - alpha / at.gain });
}

/* A high shelf is a low one of the spectrum turned round, whose cosine has the other sign, as have
 * the coefficients of odd delays. The slope is 1, the steepest without a bump. */
void
gen_augment_sound_shelf (
    GenAugmentSoundDraw *draw, GenAugmentFilter kind, double frequency, double decibels)
{
  const Place at = place_of (draw, frequency, decibels);
  const double turn = kind == GEN_AUGMENT_LOW_PASS ? 1 : -1, c = turn * at.cosine, a = at.gain;
  const double slope = G_SQRT2 * at.sine * sqrt (a);

  gen_augment_sound_biquad (draw,
      (const double[]){ a * ((a + 1) - (a - 1) * c + slope), turn * 2 * a * ((a - 1) - (a + 1) * c),
          a * ((a + 1) - (a - 1) * c - slope) },
      (const double[]){ (a + 1) + (a - 1) * c + slope, turn * -2 * ((a - 1) + (a + 1) * c),
          (a + 1) + (a - 1) * c - slope });
}
