/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds that are made of latents. They follow each other to the sample, whatever the times of the
 * latents: where these begin, or jump, says where the next one lies. */
#include "generator.h"

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
  if (hint > 0 || (said != NULL && said->sample_rate > 0) || gst_generator_streams (ports))
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
  return (guint64)self->input.pictures * (guint64)gst_generator_sound_length (&self->ports);
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
  return (gsize)picture * (gsize)gst_generator_sound_length (&self->ports) *
         (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
}

void
gst_generator_forget_sound (GstGenerator *self)
{
  self->next_sample = GST_BUFFER_OFFSET_NONE;
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
  GST_BUFFER_OFFSET (output) = first;
  GST_BUFFER_OFFSET_END (output) = end;
  GST_BUFFER_PTS (output) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (output) =
      gst_util_uint64_scale (end, GST_SECOND, rate) - GST_BUFFER_PTS (output);
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
