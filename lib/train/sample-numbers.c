/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-numbers.h"

#include <math.h>

#include <generative/trainer.h>

gboolean
gen_sample_check_numbers (const GenSample *sample, const char *what, guint64 number, GError **error)
{
  const GenSound *sound = &sample->sound;
  const gsize channels = (gsize)sound->channels;

  if (sample->medium != &gen_medium_sound)
    return TRUE;
  for (gsize i = 0; i < sound->frames * channels; i++)
    if (!isfinite (sound->data[i])) {
      g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
          "%s: sound %" G_GUINT64_FORMAT " has %g in frame %" G_GSIZE_FORMAT
          " of its %" G_GSIZE_FORMAT ", channel %" G_GSIZE_FORMAT
          " (all counted from 0); of what is no finite number nothing can be learned, so that the "
          "sound is to be mended or left out",
          what, number, (double)sound->data[i], i / channels, sound->frames, i % channels);
      return FALSE;
    }
  return TRUE;
}
