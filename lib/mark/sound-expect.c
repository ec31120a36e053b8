/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was done when the sound was marked is done to what is left of it, since that is much the
 * same: the mask, and what loudness allows. Where there is little more than noise, nothing is
 * expected, nor where there is next to nothing. */
#include "sound-expect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sound-column.h"

#define EVERY 4     /* hops: how often it is looked at */
#define QUIET 10    /* a tenth of a band's hops is as quiet as its noise */
#define RANGE 3e-5f /* of the mean power: what is next to nothing */

void
gen_sound_expect_init (
    GenSoundExpect *expect, const GenSoundPattern *pattern, double width, int bins)
{
  expect->width = width;
  expect->slot = g_new (float, bins);
  gen_sound_mask_init (&expect->mask, pattern, width, bins);
  for (int band = 0; band < GEN_SOUND_BANDS; band++) {
    expect->widths[band] = (pattern->edges[band + 1] - pattern->edges[band]) / (float)width;
    expect->weights[band] = (float)gen_sound_column_weight (
        (double)(pattern->edges[band] + pattern->edges[band + 1]) / 2);
  }
}

void
gen_sound_expect_clear (GenSoundExpect *expect)
{
  gen_sound_mask_clear (&expect->mask);
  g_clear_pointer (&expect->slot, g_free);
}

static int
ascending (gconstpointer a, gconstpointer b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* Slots that begin at each EVERY hops: the energies of their bands. */
static int
list_energies (GenSoundExpect *expect, const float *powers, int bins, int n,
    float (*amplitudes)[GEN_SOUND_BANDS], float (*energies)[GEN_SOUND_BANDS])
{
  int count = 0;

  for (int t = 0; t + GEN_SOUND_SLOT <= n; t += EVERY) {
    memset (expect->slot, 0, (gsize)bins * sizeof *expect->slot);
    for (int hop = t; hop < t + GEN_SOUND_SLOT; hop++)
      for (int k = 0; k < bins; k++)
        expect->slot[k] += powers[(gsize)hop * (gsize)bins + (gsize)k] / GEN_SOUND_SLOT;
    gen_sound_mask_look (&expect->mask, expect->slot, energies[count], amplitudes[t]);
    count++;
  }
  return count;
}

/* The power of a bin that is no more than noise: what the quietest of bands has when it is quiet,
 * as white noise has it everywhere. */
static float
find_noise (const GenSoundExpect *expect, const float (*energies)[GEN_SOUND_BANDS], int count)
{
  g_autofree float *sorted = g_new (float, count);
  float least = INFINITY, sum = 0;

  for (int band = 0; band < GEN_SOUND_BANDS; band++) {
    for (int i = 0; i < count; i++) {
      sorted[i] = energies[i][band] / expect->widths[band];
      sum += sorted[i] / (float)(count * GEN_SOUND_BANDS);
    }
    qsort (sorted, (gsize)count, sizeof *sorted, ascending);
    least = MIN (least, sorted[count / QUIET]);
  }
  return MAX (least, RANGE * sum);
}

void
gen_sound_expect_fill (GenSoundExpect *expect, const float *powers, const float *loudness, int bins,
    int n, float (*amplitudes)[GEN_SOUND_BANDS])
{
  g_autofree float (*energies)[GEN_SOUND_BANDS] =
      g_malloc (sizeof *energies * (gsize)(n / EVERY + 1));
  const int count = list_energies (expect, powers, bins, n, amplitudes, energies);
  const float noise = find_noise (expect, (const float (*)[GEN_SOUND_BANDS])energies, count);
  double mean = 0;

  for (int t = 0; t < n; t++)
    mean += (double)loudness[t] / n;
  for (int i = 0; i < count; i++) {
    float *expected = amplitudes[i * EVERY], heard[GEN_SOUND_BANDS];

    for (int band = 0; band < GEN_SOUND_BANDS; band++) {
      const float power = energies[i][band] / expect->widths[band];
      const float share = power > noise ? 1 - noise / power : 0;

      heard[band] = share * share;
      energies[i][band] *= expect->weights[band];
    }
    gen_sound_column_fit (energies[i], expected, GEN_SOUND_BANDS, gen_sound_column_budget (mean));
    for (int band = 0; band < GEN_SOUND_BANDS; band++)
      expected[band] *= heard[band];
    for (int t = i * EVERY + 1; t < (i + 1) * EVERY && t + GEN_SOUND_SLOT <= n; t++)
      memcpy (amplitudes[t], expected, sizeof heard);
  }
}
