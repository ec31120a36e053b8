/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference, where it is sound: what was heard of it and may still be asked for. Places are
 * counted in frames since running time 0, so that both streams are matched to the sample. */
#include "qualitycompare.h"

#include "../shared/sample-numbers.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

/* What clocks that are not quite the same make of times is no jump, as elsewhere (sound-jump.h). */
#define TOLERANCE (40 * GST_MSECOND)

/* That of what is judged where both are sound. */
static const GstAudioInfo *
sound_of (const GstQualityCompare *self)
{
  return self->judged.format.is_sound ? &self->judged.format.sound : &self->reference.format.sound;
}

static double
rate_of (const GstQualityCompare *self)
{
  return GST_AUDIO_INFO_RATE (sound_of (self));
}

gint64
gst_quality_compare_place_of (const GstQualityCompare *self, gint64 time)
{
  return llround ((double)time * rate_of (self) / GST_SECOND);
}

gint64
gst_quality_compare_time_of (const GstQualityCompare *self, gint64 place)
{
  return llround ((double)place * GST_SECOND / rate_of (self));
}

static gsize
heard_frame_size (const GstQualityCompare *self)
{
  return (gsize)GST_AUDIO_INFO_CHANNELS (sound_of (self)) * sizeof (float);
}

gint64
gst_quality_compare_heard_end (const GstQualityCompare *self)
{
  return self->heard_first +
         (gint64)(gst_generative_queue_size (&self->heard) / heard_frame_size (self));
}

void
gst_quality_compare_forget_heard (GstQualityCompare *self)
{
  gst_generative_queue_clear (&self->heard);
  self->heard_began = FALSE;
}

/* Places are counted, and not read again of each buffer, even where all that was heard has been
 * left: times that are rounded, or of another clock, would tear holes of a sample. */
static gboolean
hear_buffer (GstQualityCompare *self, const GstQualityMoment *moment)
{
  const GstAudioInfo *info = &self->reference.format.sound;
  GstMapInfo map;
  guint64 frames;

  if (!gst_quality_compare_check (self))
    return FALSE;
  if (!gst_buffer_map (moment->buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, READ, ("A buffer of pad reference cannot be mapped"), (NULL));
    return FALSE;
  }
  if (ABS (moment->time - gst_quality_compare_time_of (
                              self, gst_quality_compare_heard_end (self))) > (gint64)TOLERANCE)
    gst_quality_compare_forget_heard (self);
  if (!self->heard_began)
    self->heard_first = gst_quality_compare_place_of (self, moment->time);
  self->heard_began = TRUE;
  frames = map.size / (gsize)GST_AUDIO_INFO_BPF (info);
  gst_generative_read_samples (info, map.data, frames,
      (float *)(void *)gst_generative_queue_extend (
          &self->heard, (gsize)frames * heard_frame_size (self)));
  gst_buffer_unmap (moment->buffer, &map);
  return TRUE;
}

/* Hear the reference up to `place`: GST_FLOW_OK where it is heard, or ends before. */
GstFlowReturn
gst_quality_compare_hear (GstQualityCompare *self, gint64 place, gboolean late)
{
  while (!self->heard_began || gst_quality_compare_heard_end (self) < place) {
    g_auto (GstQualityMoment) next = { 0 };

    if (!gst_quality_side_peek (&self->reference, &next))
      return gst_quality_side_is_over (&self->reference) || late ? GST_FLOW_OK
                                                                 : GST_AGGREGATOR_FLOW_NEED_DATA;
    /* What begins behind it stays, so that no more is kept than is needed. */
    if (gst_quality_compare_place_of (self, next.time) >= place)
      return GST_FLOW_OK;
    gst_quality_side_take (&self->reference, &next);
    if (!gst_quality_moment_is_gap (&next) && !hear_buffer (self, &next))
      return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* Windows come in order: nothing before `place` is needed. */
void
gst_quality_compare_leave_heard (GstQualityCompare *self, gint64 place)
{
  const gint64 first = CLAMP (place, self->heard_first, gst_quality_compare_heard_end (self));

  gst_generative_queue_drop (
      &self->heard, (gsize)(first - self->heard_first) * heard_frame_size (self));
  self->heard_first = first;
}

GenSample
gst_quality_compare_as_sound (const GstQualityCompare *self, float *samples, guint64 frames)
{
  const GstAudioInfo *info = sound_of (self);

  return gen_sample_of_sound (&(GenSound){ .data = samples,
      .frames = (gsize)frames,
      .rate = GST_AUDIO_INFO_RATE (info),
      .channels = GST_AUDIO_INFO_CHANNELS (info) });
}

gboolean
gst_quality_compare_recall (GstQualityCompare *self, gint64 place, gint64 frames, GenSample *sample)
{
  if (place < self->heard_first || place + frames > gst_quality_compare_heard_end (self))
    return FALSE;
  *sample = gst_quality_compare_as_sound (self,
      (float *)(void *)(gst_generative_queue_first (&self->heard) +
                        (gsize)(place - self->heard_first) * heard_frame_size (self)),
      (guint64)frames);
  return TRUE;
}
