/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The greatest sample. */
#include "inspect-private.h"

#include <math.h>

/* What true silence is called: below the least sample of 24 bits. */
#define SILENCE -150.0
/* What samples of floats reach beyond full scale. */
#define MOST 200

static double
peak_measure (const GenInspected *item)
{
  const GenSound *sound = &item->sample->sound;
  float peak = 0;

  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++)
    peak = fmaxf (peak, fabsf (sound->data[i]));
  return fmax (20 * log10 (peak), SILENCE);
}

const GenDataMeasure gen_data_measure_peak = {
  .name = "peak",
  .unit = "decibels of full scale",
  .summary = "Greatest sample of a sound; -150 where all are zero",
  .medium = &gen_medium_sound,
  .need = GEN_NEED_ITEM,
  .least = SILENCE,
  .most = MOST,
  .measure = peak_measure,
};
