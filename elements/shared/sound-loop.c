/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-loop.h"

#include "sample-numbers.h"

#include <math.h>

#define FADES_A_SECOND 100

void
gst_generative_loop_init (GstGenerativeLoop *loop)
{
  *loop = (GstGenerativeLoop){ .kept = g_array_new (FALSE, FALSE, sizeof (float)),
    .come = g_array_new (FALSE, FALSE, sizeof (float)) };
}

void
gst_generative_loop_clear (GstGenerativeLoop *loop)
{
  g_array_unref (loop->kept);
  g_array_unref (loop->come);
}

void
gst_generative_loop_begin (GstGenerativeLoop *loop, const GstAudioInfo *info)
{
  loop->info = *info;
  loop->plays = loop->is_over = FALSE;
  g_array_set_size (loop->kept, 0);
}

void
gst_generative_loop_interrupt (GstGenerativeLoop *loop)
{
  loop->is_over = TRUE;
}

static guint
channels_of (const GstGenerativeLoop *loop)
{
  return (guint)GST_AUDIO_INFO_CHANNELS (&loop->info);
}

static guint64
kept_frames (const GstGenerativeLoop *loop)
{
  return MIN (loop->kept->len / channels_of (loop), loop->most);
}

static guint64
fade_of (const GstGenerativeLoop *loop, guint64 most)
{
  return MIN ((guint64)GST_AUDIO_INFO_RATE (&loop->info) / FADES_A_SECOND, most);
}

/* From 0 to 1, the other one falling as much. */
static float
rising (guint64 i, guint64 frames)
{
  const double s = sin (((double)i + 0.5) / (double)frames * G_PI_2);

  return (float)(s * s);
}

static float
kept_at (const GstGenerativeLoop *loop, guint64 frame, guint channel)
{
  const guint64 front = loop->kept->len / channels_of (loop) - kept_frames (loop);

  return g_array_index (loop->kept, float, (front + frame) * channels_of (loop) + channel);
}

static float
loop_at (const GstGenerativeLoop *loop, guint64 place, guint channel)
{
  const guint64 n = kept_frames (loop), frame = place % n, fade = fade_of (loop, n / 2);
  const float sample = kept_at (loop, frame, channel);

  if (frame >= fade)
    return sample;
  return kept_at (loop, n - 1 - frame, channel) +
         rising (frame, fade) * (sample - kept_at (loop, n - 1 - frame, channel));
}

static void
put (const GstGenerativeLoop *loop, gpointer samples, guint64 i, float sample)
{
  if (GST_AUDIO_INFO_FORMAT (&loop->info) == GST_AUDIO_FORMAT_S16)
    ((gint16 *)samples)[i] = (gint16)CLAMP (lrintf (sample * 32768), G_MININT16, G_MAXINT16);
  else
    ((float *)samples)[i] = sample;
}

/* What is played goes on, and gives way to `numbers`, which are what `samples` are. */
static void
fade_over (GstGenerativeLoop *loop, gpointer samples, float *numbers, guint64 frames)
{
  const guint64 fade = fade_of (loop, frames);
  const guint channels = channels_of (loop);

  for (guint64 i = 0; i < fade; i++)
    for (guint c = 0; c < channels; c++) {
      const float before = loop_at (loop, loop->place + i, c);
      float *number = numbers + i * channels + c;

      *number = before + rising (i, fade) * (*number - before);
      put (loop, samples, i * channels + c, *number);
    }
}

void
gst_generative_loop_keep (GstGenerativeLoop *loop, gpointer samples, guint64 frames, guint64 most)
{
  const guint channels = channels_of (loop), n = (guint)frames * channels;
  float *numbers;

  g_array_set_size (loop->come, n);
  numbers = (float *)(void *)loop->come->data;
  gst_generative_read_samples (&loop->info, samples, frames, numbers);
  if (loop->plays && !loop->is_over)
    fade_over (loop, samples, numbers, frames);
  /* Those that were kept have not been heard just before it. */
  if (loop->plays || loop->is_over)
    g_array_set_size (loop->kept, 0);
  loop->plays = loop->is_over = FALSE;
  g_array_append_vals (loop->kept, numbers, n);
  loop->most = most;
  /* They are not moved for each piece. */
  if (loop->kept->len / channels > 2 * most)
    g_array_remove_range (loop->kept, 0, loop->kept->len - (guint)most * channels);
}

void
gst_generative_loop_play (GstGenerativeLoop *loop, gpointer samples, guint64 frames)
{
  const guint channels = channels_of (loop);

  if (!loop->plays || loop->is_over)
    loop->place = 0;
  loop->plays = TRUE;
  loop->is_over = FALSE;
  for (guint64 i = 0; i < frames; i++)
    for (guint c = 0; c < channels; c++)
      put (loop, samples, i * channels + c, loop_at (loop, loop->place + i, c));
  loop->place = (loop->place + frames) % kept_frames (loop);
}
