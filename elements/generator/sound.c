/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds that are made of latents, or of pictures. They follow each other to the sample, whatever
 * the times of the latents: where these begin, or jump, says where the next one lies. With a
 * crossfade each begins before the one before it has ended; what is left of a sound then waits for
 * the next one. */
#include "generator.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

void
gst_generator_warn_of_sample_rate (GstGenerator *self, const GstGeneratorPorts *ports)
{
  const GenPort *said = gen_model_find_output (ports->model, GEN_PORT_SOUND);
  int hint;

  GST_OBJECT_LOCK (self);
  hint = self->settings.hints.sample_rate;
  GST_OBJECT_UNLOCK (self);
  if (hint > 0 || (said != NULL && said->sample_rate > 0) || ports->input.kind == GEN_PORT_SOUND)
    return;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("%s: nothing tells how many samples a second its output '%s' makes; %d are assumed. "
       "Metadata generative.sample-rate in the model would tell, as would property sample-rate",
          ports->model->path, ports->output.name, ports->output.sample_rate),
      (NULL));
}

gboolean
gst_generator_use_sound (GstGenerator *self, GstCaps *caps, GenModelUse *use, GError **error)
{
  if (!gst_audio_info_from_caps (&self->out_sound, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no sound");
    return FALSE;
  }
  use->to_sound.int16 = GST_AUDIO_INFO_FORMAT (&self->out_sound) == GST_AUDIO_FORMAT_S16;
  return TRUE;
}

/* Frames that a buffer of latents makes. */
static guint64
frames_of_buffer (const GstGenerator *self)
{
  return (guint64)self->input.pictures * ((guint64)self->sound_length - self->join.frames);
}

GstClockTime
gst_generator_sound_duration (const GstGenerator *self)
{
  return gst_util_uint64_scale (
      frames_of_buffer (self), GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->out_sound));
}

gsize
gst_generator_sound_offset (const GstGenerator *self, int picture)
{
  return (gsize)picture * (gsize)self->sound_length * (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
}

void
gst_generator_forget_sound (GstGenerator *self)
{
  self->next_sample = GST_BUFFER_OFFSET_NONE;
  gst_generator_join_forget (&self->join);
}

gboolean
gst_generator_join_sounds (GstGenerator *self, GError **error)
{
  const gint64 shared = self->ports.overlap;

  if (2 * shared > self->sound_length) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "crossfade is %" G_GINT64_FORMAT
        " samples long, more than half of a sound, which has %" G_GINT64_FORMAT,
        shared, self->sound_length);
    return FALSE;
  }
  gst_generator_join_begin (
      &self->join, &self->out_sound, (guint64)shared, GST_GENERATOR_JOIN_POWER);
  return TRUE;
}

void
gst_generator_finish_sound (GstGenerator *self, GstBuffer *output)
{
  const gsize frame = (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
  const guint64 length = (guint64)self->sound_length;
  const gsize kept = (gsize)(length - self->join.frames) * frame;
  GstMapInfo map;

  if (self->join.frames == 0 || !gst_buffer_map (output, &map, GST_MAP_READWRITE))
    return;
  for (int i = 0; i < self->input.pictures; i++) {
    guint8 *sound = map.data + gst_generator_sound_offset (self, i);

    gst_generator_join_mix (&self->join, sound, length);
    memmove (map.data + (gsize)i * kept, sound, kept);
  }
  gst_buffer_unmap (output, &map);
  gst_buffer_set_size (output, (gssize)((gsize)self->input.pictures * kept));
}

/* The frames from number `first` of the stream to `end`. */
static void
stamp_frames (const GstGenerator *self, GstBuffer *buffer, guint64 first, guint64 end)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->out_sound);

  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = end;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (end, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
}

GstFlowReturn
gst_generator_sound_drain (GstGenerator *self)
{
  GstBuffer *end =
      gst_generator_streams (&self->ports) ? NULL : gst_generator_join_take (&self->join);
  const guint64 first = self->next_sample;

  if (end == NULL)
    return GST_FLOW_OK;
  stamp_frames (self, end, first, first + self->join.frames);
  gst_generator_forget_sound (self);
  return gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), end);
}

GstFlowReturn
gst_generator_sound_follow (GstGenerator *self, const GstBuffer *input)
{
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->join.frames == 0 || !GST_BUFFER_IS_DISCONT (input))
    return GST_FLOW_OK;
  if (self->n_gathered > 0)
    flow = gst_generator_drain (self);
  return flow == GST_FLOW_OK ? gst_generator_sound_drain (self) : flow;
}

/* Where the sound of `input` lies in time. */
static void
stamp (GstGenerator *self, const GstBuffer *input, GstBuffer *output)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->out_sound);
  const gboolean jumps =
      self->next_sample == GST_BUFFER_OFFSET_NONE || GST_BUFFER_IS_DISCONT (input);
  guint64 first = self->next_sample, end;

  if (jumps)
    first = GST_BUFFER_PTS_IS_VALID (input)
                ? gst_util_uint64_scale_round (GST_BUFFER_PTS (input), rate, GST_SECOND)
                : 0;
  end = first + frames_of_buffer (self);
  self->next_sample = end;
  stamp_frames (self, output, first, end);
  if (jumps)
    GST_BUFFER_FLAG_SET (output, GST_BUFFER_FLAG_DISCONT);
}

GstFlowReturn
gst_generator_prepare_output_buffer (GstBaseTransform *base, GstBuffer *input, GstBuffer **output)
{
  GstGenerator *self = GST_GENERATOR (base);
  const GstAllocationParams params = { .align = 63 };

  if (self->ports.output.kind != GEN_PORT_SOUND)
    return gst_generator_get_parent_class ()->prepare_output_buffer (base, input, output);
  *output = gst_buffer_new_allocate (NULL, gst_generator_sound_offset (self, self->input.pictures),
      (GstAllocationParams *)&params);
  stamp (self, input, *output);
  return GST_FLOW_OK;
}
