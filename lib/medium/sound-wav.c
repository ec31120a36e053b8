/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds as WAV: a header, which is longer for all but PCM, then the samples. */
#include <generative/atomic-file.h>
#include <generative/sound.h>

#include <string.h>

#define FORMAT_PCM 1
#define FORMAT_FLOAT 3

static void
copy_floats (const float *x, guint8 *out, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    guint32 bits;

    memcpy (&bits, &x[i], sizeof bits);
    bits = GUINT32_TO_LE (bits);
    memcpy (out + 4 * i, &bits, sizeof bits);
  }
}

static void
copy_integers (const GenSound *sound, guint8 *out)
{
  gint16 *samples = (gint16 *)(void *)out;

  gen_sound_to_int16 (sound, samples);
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++)
    samples[i] = GINT16_TO_LE (samples[i]);
}

static void
put_16 (guint8 **at, guint value)
{
  *(*at)++ = (guint8)value;
  *(*at)++ = (guint8)(value >> 8);
}

static void
put_32 (guint8 **at, guint32 value)
{
  put_16 (at, value & 0xffff);
  put_16 (at, value >> 16);
}

static void
put_tag (guint8 **at, const char *tag)
{
  memcpy (*at, tag, 4);
  *at += 4;
}

GBytes *
gen_sound_encode_wav (const GenSound *sound, GenSoundWav kind, GError **error)
{
  gboolean is_float = kind == GEN_SOUND_WAV_F32;
  gsize width = is_float ? 4 : 2, numbers = sound->frames * (gsize)sound->channels;
  gsize header = is_float ? 58 : 44;
  guint64 data = (guint64)numbers * width;
  guint8 *bytes, *at;

  if (data + header > G_MAXUINT32 || sound->channels > G_MAXUINT16 / (int)width) {
    g_set_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE,
        "%" G_GUINT64_FORMAT " bytes of %d channels are more than a WAV file has room for", data,
        sound->channels);
    return NULL;
  }
  at = bytes = g_malloc (header + data);
  put_tag (&at, "RIFF");
  put_32 (&at, (guint32)(header - 8 + data));
  put_tag (&at, "WAVE");
  put_tag (&at, "fmt ");
  put_32 (&at, is_float ? 18 : 16);
  put_16 (&at, is_float ? FORMAT_FLOAT : FORMAT_PCM);
  put_16 (&at, (guint)sound->channels);
  put_32 (&at, (guint32)sound->rate);
  put_32 (&at, (guint32)((gsize)sound->rate * width * (gsize)sound->channels));
  put_16 (&at, (guint)(width * (gsize)sound->channels));
  put_16 (&at, (guint)(8 * width));
  if (is_float) {
    put_16 (&at, 0); /* bytes of what else there is to say of the format */
    put_tag (&at, "fact");
    put_32 (&at, 4);
    put_32 (&at, (guint32)sound->frames);
  }
  put_tag (&at, "data");
  put_32 (&at, (guint32)data);
  if (is_float)
    copy_floats (sound->data, at, numbers);
  else
    copy_integers (sound, at);
  return g_bytes_new_take (bytes, header + data);
}

gboolean
gen_sound_save_wav (const GenSound *sound, const char *path, GenSoundWav kind, GError **error)
{
  g_autoptr (GBytes) bytes = gen_sound_encode_wav (sound, kind, error);
  g_autoptr (GError) reason = NULL;

  if (bytes == NULL) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  if (gen_atomic_write (path, bytes, &reason))
    return TRUE;
  g_set_error_literal (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE, reason->message);
  return FALSE;
}
