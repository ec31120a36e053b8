/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "join.h"

#include <math.h>
#include <string.h>

void
gst_generator_join_clear (GstGeneratorJoin *join)
{
  g_clear_pointer (&join->rising, g_free);
  g_clear_pointer (&join->falling, g_free);
  g_clear_pointer (&join->end, g_free);
  *join = (GstGeneratorJoin){ 0 };
}

void
gst_generator_join_begin (
    GstGeneratorJoin *join, const GstAudioInfo *info, guint64 frames, GstGeneratorJoinCurve curve)
{
  const int channels = GST_AUDIO_INFO_CHANNELS (info);
  const gboolean int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16;

  if (join->frames == frames && join->channels == channels && join->int16 == int16 &&
      join->curve == curve)
    return;
  gst_generator_join_clear (join);
  if (frames == 0)
    return;
  join->frames = frames;
  join->channels = channels;
  join->int16 = int16;
  join->curve = curve;
  join->size = (gsize)frames * (gsize)GST_AUDIO_INFO_BPF (info);
  join->end = g_malloc (join->size);
  join->rising = g_new (float, frames);
  join->falling = g_new (float, frames);
  for (guint64 i = 0; i < frames; i++) {
    const double angle = ((double)i + 0.5) / (double)frames * G_PI_2;

    if (curve == GST_GENERATOR_JOIN_POWER) {
      join->rising[i] = (float)sin (angle);
      join->falling[i] = (float)cos (angle);
    } else {
      join->rising[i] = (float)(sin (angle) * sin (angle));
      join->falling[i] = 1 - join->rising[i];
    }
  }
}

void
gst_generator_join_forget (GstGeneratorJoin *join)
{
  join->pending = FALSE;
}

static void
mix_float (const GstGeneratorJoin *join, float *to, const float *end)
{
  for (guint64 i = 0; i < join->frames; i++)
    for (int c = 0; c < join->channels; c++, to++, end++)
      *to = *to * join->rising[i] + *end * join->falling[i];
}

static void
mix_int16 (const GstGeneratorJoin *join, gint16 *to, const gint16 *end)
{
  for (guint64 i = 0; i < join->frames; i++)
    for (int c = 0; c < join->channels; c++, to++, end++)
      *to = (gint16)rintf (
          CLAMP (*to * join->rising[i] + *end * join->falling[i], -32768.0f, 32767.0f));
}

void
gst_generator_join_mix (GstGeneratorJoin *join, guint8 *samples, guint64 frames)
{
  const gsize frame = join->size / (gsize)join->frames;

  if (join->pending && join->int16)
    mix_int16 (join, (gint16 *)samples, (const gint16 *)join->end);
  else if (join->pending)
    mix_float (join, (float *)samples, (const float *)join->end);
  memcpy (join->end, samples + (gsize)(frames - join->frames) * frame, join->size);
  join->pending = TRUE;
}

GstBuffer *
gst_generator_join_take (GstGeneratorJoin *join)
{
  if (!join->pending)
    return NULL;
  join->pending = FALSE;
  return gst_buffer_new_memdup (join->end, join->size);
}
