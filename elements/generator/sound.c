/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound.h"

#include <string.h>

/* --- what they are --- */

gboolean
gst_generator_use_sound (GstAudioInfo *info, GstCaps *caps, GenModelUse *use, GError **error)
{
  if (!gst_audio_info_from_caps (info, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no sound");
    return FALSE;
  }
  use->to_sound.int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16;
  return TRUE;
}

static gboolean
begin_join (GstGeneratorSounds *sounds, gint64 shared, GError **error)
{
  if (2 * shared > sounds->length) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "crossfade is %" G_GINT64_FORMAT
        " samples long, more than half of a sound, which has %" G_GINT64_FORMAT,
        shared, sounds->length);
    return FALSE;
  }
  gst_generator_join_begin (
      &sounds->join, &sounds->info, (guint64)shared, GST_GENERATOR_JOIN_POWER);
  return TRUE;
}

gboolean
gst_generator_sounds_negotiate (GstGeneratorSounds *sounds, const GstGeneratorPorts *ports,
    const GstGeneratorInput *input, GstCaps *caps, GenModelUse *use, GError **error)
{
  sounds->pictures = input->pictures;
  return gst_generator_use_sound (&sounds->info, caps, use, error) &&
         gst_generator_sound_length (ports, input, &sounds->length, error) &&
         begin_join (sounds, ports->overlap, error);
}

void
gst_generator_sounds_clear (GstGeneratorSounds *sounds)
{
  gst_generator_join_clear (&sounds->join);
}

void
gst_generator_sounds_forget (GstGeneratorSounds *sounds)
{
  sounds->next_sample = GST_BUFFER_OFFSET_NONE;
  gst_generator_join_forget (&sounds->join);
}

/* Frames that a buffer of latents makes. */
static guint64
frames_of_buffer (const GstGeneratorSounds *sounds)
{
  return (guint64)sounds->pictures * ((guint64)sounds->length - sounds->join.frames);
}

GstClockTime
gst_generator_sounds_duration (const GstGeneratorSounds *sounds)
{
  return gst_util_uint64_scale (
      frames_of_buffer (sounds), GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&sounds->info));
}

gsize
gst_generator_sounds_size (const GstGeneratorSounds *sounds)
{
  return gst_generator_sounds_offset (sounds, sounds->pictures);
}

gsize
gst_generator_sounds_offset (const GstGeneratorSounds *sounds, int picture)
{
  return (gsize)picture * (gsize)sounds->length * (gsize)GST_AUDIO_INFO_BPF (&sounds->info);
}

/* --- making them --- */

/* The frames from number `first` of the stream to `end`. */
static void
stamp_frames (const GstGeneratorSounds *sounds, GstBuffer *buffer, guint64 first, guint64 end)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&sounds->info);

  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = end;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (end, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
}

void
gst_generator_sounds_stamp (GstGeneratorSounds *sounds, const GstBuffer *input, GstBuffer *output)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&sounds->info);
  const gboolean jumps =
      sounds->next_sample == GST_BUFFER_OFFSET_NONE || GST_BUFFER_IS_DISCONT (input);
  guint64 first = sounds->next_sample, end;

  if (jumps)
    first = GST_BUFFER_PTS_IS_VALID (input)
                ? gst_util_uint64_scale_round (GST_BUFFER_PTS (input), rate, GST_SECOND)
                : 0;
  end = first + frames_of_buffer (sounds);
  sounds->next_sample = end;
  stamp_frames (sounds, output, first, end);
  if (jumps)
    GST_BUFFER_FLAG_SET (output, GST_BUFFER_FLAG_DISCONT);
}

void
gst_generator_sounds_finish (GstGeneratorSounds *sounds, GstBuffer *output)
{
  const gsize frame = (gsize)GST_AUDIO_INFO_BPF (&sounds->info);
  const guint64 length = (guint64)sounds->length;
  const gsize kept = (gsize)(length - sounds->join.frames) * frame;
  GstMapInfo map;

  if (sounds->join.frames == 0 || !gst_buffer_map (output, &map, GST_MAP_READWRITE))
    return;
  for (int i = 0; i < sounds->pictures; i++) {
    guint8 *sound = map.data + gst_generator_sounds_offset (sounds, i);

    gst_generator_join_mix (&sounds->join, sound, length);
    memmove (map.data + (gsize)i * kept, sound, kept);
  }
  gst_buffer_unmap (output, &map);
  gst_buffer_set_size (output, (gssize)((gsize)sounds->pictures * kept));
}

GstBuffer *
gst_generator_sounds_take_end (GstGeneratorSounds *sounds)
{
  GstBuffer *end = gst_generator_join_take (&sounds->join);
  const guint64 first = sounds->next_sample;

  if (end == NULL)
    return NULL;
  stamp_frames (sounds, end, first, first + sounds->join.frames);
  gst_generator_sounds_forget (sounds);
  return end;
}
