/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds as a medium. */
#include <generative/medium.h>

#include <string.h>

#include "sound-draw.h"

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

static gboolean
sound_probe (const char *path, GenFormat *format, GError **error)
{
  guint64 frames;

  *format = (GenFormat){ .medium = &gen_medium_sound };
  if (!gen_sound_probe (path, &format->rate, &format->channels, &frames, error))
    return FALSE;
  format->length = (gsize)frames;
  return TRUE;
}

static gboolean
sound_probe_bytes (GBytes *bytes, const char *name, GenFormat *format, GError **error)
{
  guint64 frames;

  *format = (GenFormat){ .medium = &gen_medium_sound };
  if (!gen_sound_probe_bytes (bytes, name, &format->rate, &format->channels, &frames, error))
    return FALSE;
  format->length = (gsize)frames;
  return TRUE;
}

/* What is short ends in silence. */
static void
take_part (GenSound *part, GenNormalize normalize, GenSound *sound)
{
  const gsize loaded = part->frames * (gsize)sound->channels;

  gen_sound_normalize (part, normalize);
  memcpy (sound->data, part->data, loaded * sizeof (float));
  memset (
      sound->data + loaded, 0, (sound->frames * (gsize)sound->channels - loaded) * sizeof (float));
}

static gboolean
sound_load (const char *path, const GenFitting *fitting, GenSample *target, GError **error)
{
  GenSound *sound = &target->sound;
  g_auto (GenSound) part = { 0 };

  if (!gen_sound_load_part (
          &part, path, sound->rate, sound->channels, fitting->first, sound->frames, error))
    return FALSE;
  take_part (&part, fitting->normalize, sound);
  return TRUE;
}

static gboolean
sound_load_bytes (
    GBytes *bytes, const char *name, const GenFitting *fitting, GenSample *target, GError **error)
{
  GenSound *sound = &target->sound;
  g_auto (GenSound) part = { 0 };

  if (!gen_sound_load_bytes (
          &part, bytes, name, sound->rate, sound->channels, fitting->first, sound->frames, error))
    return FALSE;
  take_part (&part, fitting->normalize, sound);
  return TRUE;
}

static gboolean
sound_save (const GenSample *sample, const char *path, GError **error)
{
  return gen_sound_save_wav (&sample->sound, path, GEN_SOUND_WAV_S16, error);
}

static void
sound_measure_cell (const GenFormat *format, int *width, int *height, int *channels)
{
  *width = GEN_SOUND_DRAW_WIDTH;
  *height = GEN_SOUND_DRAW_HEIGHT;
  *channels = 3;
}

static void
sound_draw_cell (const GenSample *sample, GenPicture *cell)
{
  gen_sound_draw (&sample->sound, cell);
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
  .recognise = gen_sound_recognise,
  .probe = sound_probe,
  .load = sound_load,
  .is_named = gen_sound_is_named,
  .probe_bytes = sound_probe_bytes,
  .load_bytes = sound_load_bytes,
  .save = sound_save,
  .extension = "wav",
  .measure_cell = sound_measure_cell,
  .draw_cell = sound_draw_cell,
};
