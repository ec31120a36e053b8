/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks in the sounds of files, which are heard as they are decoded. */
#include <generative/mark-span.h>
#include <generative/sound.h>

#include "../medium/sound-reader.h"
#include "../medium/sound-resampler.h"

typedef struct {
  GenSoundMarkReader *reader;
  GenMarkSpans *spans;
  GenSoundResampler resampler;
  guint64 heard; /* frames since the format is what it is */
  double before; /* seconds until then */
  guint windows;
} Listener;

static double
seconds_of (const Listener *listener)
{
  const int rate = listener->resampler.rate;

  return listener->before + (rate > 0 ? (double)listener->heard / rate : 0);
}

static void
add (Listener *listener, const GenSoundMarkReading *reading)
{
  listener->windows++;
  gen_mark_spans_add_sound (listener->spans, reading);
}

static void
hear (Listener *listener)
{
  GenSoundResampler *resampler = &listener->resampler;
  GenSoundMarkReading reading;
  gsize taken;

  for (gsize i = 0; i < resampler->frames; i += taken)
    if (gen_sound_mark_reader_hear (listener->reader,
            resampler->samples + i * (gsize)resampler->channels, resampler->frames - i, &taken,
            &reading))
      add (listener, &reading);
  listener->heard += resampler->frames;
  resampler->frames = 0;
}

/* What is left of a format, and the end of what follows itself. */
static void
finish (Listener *listener)
{
  GenSoundMarkReading reading;

  if (listener->resampler.swr == NULL)
    return;
  if (gen_sound_resampler_push (&listener->resampler, NULL, 0) >= 0)
    hear (listener);
  if (gen_sound_mark_reader_finish (listener->reader, &reading))
    add (listener, &reading);
  gen_mark_spans_end (listener->spans);
  listener->before = seconds_of (listener);
  listener->heard = 0;
  gen_sound_resampler_clear (&listener->resampler);
}

/* Frames like this one come: what has a rate that is no marks' is brought to the nearest one. */
static int
begin (Listener *listener, const AVFrame *frame)
{
  const int rate = CLAMP (frame->sample_rate, GEN_SOUND_MARK_RATE_LEAST, GEN_SOUND_MARK_RATE_MOST);
  int code;

  finish (listener);
  listener->resampler = (GenSoundResampler){ .limit = G_MAXSIZE };
  code = gen_sound_resampler_open (&listener->resampler, frame, rate, 0);
  if (code < 0)
    return code;
  gen_sound_mark_reader_set_format (listener->reader, rate, listener->resampler.channels);
  gen_sound_mark_reader_restart (listener->reader, (gint64)(listener->before * 1e9));
  return 0;
}

static int
hear_all (Listener *listener, GenSoundReader *source)
{
  int code;

  while ((code = gen_sound_reader_next (source, TRUE)) >= 0) {
    if (listener->resampler.swr == NULL ||
        !gen_sound_resampler_takes (&listener->resampler, source->frame))
      code = begin (listener, source->frame);
    if (code >= 0)
      code = gen_sound_resampler_push (&listener->resampler, source->frame, 0);
    if (code < 0)
      return code;
    hear (listener);
  }
  finish (listener);
  return code;
}

gboolean
gen_sound_mark_read_file (const char *path, const GenMarkKey *key, GenMarkSpanFunc tell,
    gpointer data, GenSoundMarkHeard *heard, GError **error)
{
  g_autoptr (GenSoundMarkReader) reader = gen_sound_mark_reader_new (key);
  g_autoptr (GenMarkSpans) spans = gen_mark_spans_new (tell, data);
  g_auto (GenSoundReader) source = { 0 };
  Listener listener = { .reader = reader, .spans = spans };
  int code;

  if (!gen_sound_reader_open (&source, path, NULL, error))
    return FALSE;
  code = hear_all (&listener, &source);
  gen_sound_resampler_clear (&listener.resampler);
  if (code < 0 && code != AVERROR_EOF)
    return gen_sound_fail (path, "the sound cannot be read", code, error);
  if (heard != NULL)
    *heard = (GenSoundMarkHeard){ seconds_of (&listener), gen_sound_mark_reader_silence (reader),
      listener.windows };
  return TRUE;
}
