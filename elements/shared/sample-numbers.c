/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-numbers.h"

#include <generative/sound.h>
#include <string.h>

void
gst_generative_read_samples (
    const GstAudioInfo *info, gconstpointer samples, guint64 frames, float *numbers)
{
  GenSound sound = { .data = numbers,
    .frames = (gsize)frames,
    .rate = GST_AUDIO_INFO_RATE (info),
    .channels = GST_AUDIO_INFO_CHANNELS (info) };

  if (GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16)
    gen_sound_from_int16 (&sound, samples);
  else
    memcpy (numbers, samples, (gsize)frames * (gsize)sound.channels * sizeof *numbers);
}
