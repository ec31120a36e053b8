/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model takes where a metric makes it itself. Of integers, the plan that takes frames rounds
 * and bounds what it makes of them alike (ends.c). */
#include "model-numbers.h"

#include <math.h>

#include "../ops/number.h"

static const struct {
  GenDataType type;
  double low, high; /* of 64 bits, what a double can tell */
} integers[] = {
  { GEN_TYPE_UINT8, 0, G_MAXUINT8 },
  { GEN_TYPE_INT8, G_MININT8, G_MAXINT8 },
  { GEN_TYPE_UINT16, 0, G_MAXUINT16 },
  { GEN_TYPE_INT16, G_MININT16, G_MAXINT16 },
  { GEN_TYPE_UINT32, 0, G_MAXUINT32 },
  { GEN_TYPE_INT32, G_MININT32, G_MAXINT32 },
  { GEN_TYPE_UINT64, 0, 0x1p63 },
  { GEN_TYPE_INT64, -0x1p62, 0x1p62 },
};

gboolean
gen_model_numbers_are_integers (GenDataType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
    if (integers[i].type == type)
      return TRUE;
  return FALSE;
}

void
gen_model_numbers_write (GenDataType type, const float *numbers, gsize n, void *data)
{
  gsize of = 0;

  while (integers[of].type != type)
    if (++of == G_N_ELEMENTS (integers))
      g_return_if_reached ();
  for (gsize i = 0; i < n; i++) {
    const double number = isnan (numbers[i]) ? 0 : rint ((double)numbers[i]);

    gen_number_set (type, data, i, CLAMP (number, integers[of].low, integers[of].high));
  }
}

float
gen_model_numbers_of_sound (const GenSound *sound, gsize frame, int channel, int channels)
{
  const float *samples = sound->data + frame * (gsize)sound->channels;
  float sum = 0;

  if (sound->channels == channels)
    return samples[channel];
  for (int c = 0; c < sound->channels; c++)
    sum += samples[c];
  return sum / (float)sound->channels;
}
