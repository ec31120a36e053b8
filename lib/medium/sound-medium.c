/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds as a medium. */
#include <generative/medium.h>

#include <string.h>

static char *
sound_describe (const GenFormat *format)
{
  if (format->channels <= 2)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " frames of %s sound at %d Hz", format->length,
        format->channels == 1 ? "mono" : "stereo", format->rate);
  return g_strdup_printf ("%" G_GSIZE_FORMAT " frames of sound of %d channels at %d Hz",
      format->length, format->channels, format->rate);
}

static void
sound_init (GenSample *sample, const GenFormat *format)
{
  gen_sound_init (&sample->sound, format->rate, format->channels, format->length);
}

static void
sound_clear (GenSample *sample)
{
  gen_sound_clear (&sample->sound);
}

static void
sound_get_format (const GenSample *sample, GenFormat *format)
{
  format->channels = sample->sound.channels;
  format->rate = sample->sound.rate;
  format->length = sample->sound.frames;
}

static void
sound_copy (const GenSample *source, GenSample *target)
{
  memcpy (target->sound.data, source->sound.data,
      source->sound.frames * (gsize)source->sound.channels * sizeof (float));
}

static gsize
sound_count_numbers (const GenFormat *format)
{
  return format->length * (gsize)format->channels;
}

static void
sound_to_numbers (const GenSample *sample, float low, float high, float *numbers)
{
  gen_sound_to_rows (&sample->sound, low, high, numbers);
}

static void
sound_from_numbers (GenSample *sample, float low, float high, const float *numbers)
{
  gen_sound_from_rows (&sample->sound, low, high, numbers);
}

const GenMedium gen_medium_sound = {
  .name = "sound",
  .plural = "sounds",
  .description = "Sound as float samples, of any rate and number of channels",
  .describe = sound_describe,
  .init = sound_init,
  .clear = sound_clear,
  .get_format = sound_get_format,
  .copy = sound_copy,
  .count_numbers = sound_count_numbers,
  .to_numbers = sound_to_numbers,
  .from_numbers = sound_from_numbers,
};
