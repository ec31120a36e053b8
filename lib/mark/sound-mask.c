/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thresholds as Johnston has them ("Transform coding of audio signals using perceptual noise
 * criteria", 1988): the power of each Bark band, spread over its neighbours by Schroeder's
 * function, less 14.5 dB and a dB a Bark where it is tonal and 5.5 dB where it is noise, which its
 * flatness tells. */
#include "sound-mask.h"

#include <math.h>

#define TONAL_FLATNESS (-20.0f) /* dB; of a tone */
/* The power of a mark to the threshold, and its greatest share anywhere. */
#define KEPT 1.0f
#define MOST 0.3f
#define TINY 1e-20f

static double
bark_at (double frequency)
{
  return 13 * atan (0.00076 * frequency) + 3.5 * atan (pow (frequency / 7500, 2));
}

static guint8
band_at (const GenSoundPattern *pattern, double frequency)
{
  guint8 band = 0;

  if (frequency < (double)pattern->edges[0])
    return GEN_SOUND_BANDS;
  while (band < GEN_SOUND_BANDS && frequency >= (double)pattern->edges[band + 1])
    band++;
  return band;
}

static float
spread_over (double distance)
{
  const double x = distance + 0.474;

  return (float)pow (10, (15.81 + 7.5 * x - 17.5 * sqrt (1 + x * x)) / 10);
}

/* A flat sound's thresholds are as far below it as those of each band alone. */
static void
fill_spread (GenSoundMask *mask)
{
  for (int masked = 0; masked < mask->barks; masked++) {
    float sum = 0;

    for (int masking = 0; masking < mask->barks; masking++)
      sum += mask->spread[masked][masking] = spread_over (masked - masking);
    for (int masking = 0; masking < mask->barks; masking++)
      mask->spread[masked][masking] /= sum;
  }
}

void
gen_sound_mask_init (GenSoundMask *mask, const GenSoundPattern *pattern, double width, int bins)
{
  *mask = (GenSoundMask){ .bark_of = g_new (guint8, bins), .band_of = g_new (guint8, bins) };
  while (mask->bins < bins) {
    const double frequency = mask->bins * width;
    const int bark = (int)bark_at (frequency);

    if (bark >= GEN_SOUND_BARKS)
      break;
    mask->bark_of[mask->bins] = (guint8)bark;
    mask->band_of[mask->bins] = band_at (pattern, frequency);
    mask->count[bark]++;
    mask->barks = bark + 1;
    mask->bins++;
  }
  fill_spread (mask);
}

void
gen_sound_mask_clear (GenSoundMask *mask)
{
  g_free (mask->bark_of);
  g_free (mask->band_of);
  *mask = (GenSoundMask){ 0 };
}

/* Threshold of each Bark band, as the power of a bin. */
static void
find_thresholds (const GenSoundMask *mask, const float *powers, float thresholds[GEN_SOUND_BARKS])
{
  float sums[GEN_SOUND_BARKS] = { 0 }, logarithms[GEN_SOUND_BARKS] = { 0 };

  for (int k = 0; k < mask->bins; k++) {
    sums[mask->bark_of[k]] += powers[k];
    logarithms[mask->bark_of[k]] += log10f (powers[k] + TINY);
  }
  for (int bark = 0; bark < mask->barks; bark++) {
    const float n = (float)mask->count[bark];
    const float flatness = 10 * (logarithms[bark] / n - log10f (sums[bark] / n + TINY));
    const float tonal = CLAMP (flatness / TONAL_FLATNESS, 0, 1);

    sums[bark] *= powf (10, -0.1f * (tonal * (14.5f + (float)bark) + (1 - tonal) * 5.5f));
  }
  for (int masked = 0; masked < mask->barks; masked++) {
    thresholds[masked] = 0;
    for (int masking = 0; masking < mask->barks; masking++)
      thresholds[masked] += mask->spread[masked][masking] * sums[masking];
    thresholds[masked] /= (float)mask->count[masked];
  }
}

void
gen_sound_mask_look (const GenSoundMask *mask, const float *powers, float energies[GEN_SOUND_BANDS],
    float shares[GEN_SOUND_BANDS])
{
  float thresholds[GEN_SOUND_BARKS], allowed[GEN_SOUND_BANDS] = { 0 };

  for (int band = 0; band < GEN_SOUND_BANDS; band++)
    energies[band] = 0;
  find_thresholds (mask, powers, thresholds);
  for (int k = 0; k < mask->bins; k++) {
    if (mask->band_of[k] >= GEN_SOUND_BANDS)
      continue;
    energies[mask->band_of[k]] += powers[k];
    allowed[mask->band_of[k]] += thresholds[mask->bark_of[k]];
  }
  for (int band = 0; band < GEN_SOUND_BANDS; band++)
    shares[band] = MIN (sqrtf (KEPT * allowed[band] / (energies[band] + TINY)), MOST);
}
