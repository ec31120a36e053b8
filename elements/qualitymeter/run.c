/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter at work: a picture or a window of a sound, and its figures. */
#include "qualitymeter.h"

#include "../shared/debug.h"
#include "../shared/sample-numbers.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (quality_meter_debug);
#define GST_CAT_DEFAULT quality_meter_debug

void
gst_quality_meter_interrupt (GstScoreFilter *filter)
{
  GenMeter *meter = GST_QUALITY_METER (filter)->meter;
  GenExamples *examples = GST_QUALITY_METER (filter)->examples;

  GST_DEBUG_OBJECT (filter, "a gap: what comes next is not compared with what came last");
  if (meter != NULL)
    gen_meter_interrupt (meter);
  if (examples != NULL)
    gen_examples_interrupt (examples);
}

static const char *
name_of_frames (const GstQualityMeter *self)
{
  return self->medium == &gen_medium_sound ? "window" : "frame";
}

/* What the embedder makes of a frame, or of the reference before it, may be no number. */
static void
notice_not_finite (GstQualityMeter *self, guint64 frame)
{
  if (self->told_not_finite || self->told_no_numbers || gen_meter_left_out (self->meter) == 0)
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Property embedder: %s made features that are not finite (NaN or infinite), the first by "
       "%s %" G_GUINT64_FORMAT ". Such samples are left out of the figures; further ones are "
       "not reported",
          gen_features_name (self->features), name_of_frames (self), frame),
      (NULL));
}

/* --- sound --- */

/* `frames` frames as numbers, which stay until the next call. */
static GenSample
read_samples (GstQualityMeter *self, gconstpointer data, guint64 frames)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  const gsize n = (gsize)frames * (gsize)GST_AUDIO_INFO_CHANNELS (info);
  GenSound sound = { .frames = (gsize)frames,
    .rate = GST_AUDIO_INFO_RATE (info),
    .channels = GST_AUDIO_INFO_CHANNELS (info) };

  if (self->n_samples < n) {
    g_free (self->samples);
    self->samples = g_new (float, n);
    self->n_samples = n;
  }
  sound.data = self->samples;
  gst_generative_read_samples (info, data, frames, self->samples);
  return gen_sample_of_sound (&sound);
}

void
gst_quality_meter_follow (GstScoreFilter *filter, gconstpointer samples, guint64 frames)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GenSample piece = read_samples (self, samples, frames);

  gen_meter_follow (self->meter, &piece);
  if (self->examples != NULL)
    gen_examples_follow (self->examples, &piece.sound);
}

static void
notice_no_numbers (GstQualityMeter *self, const GenSound *sound)
{
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels && !self->told_no_numbers; i++) {
    if (isfinite (sound->data[i]))
      continue;
    self->told_no_numbers = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Window %" G_GUINT64_FORMAT " has samples that are not finite (NaN or infinite): such "
         "windows have no figures, and over the whole such samples count as silence. Further ones "
         "are not reported",
            self->frame),
        (NULL));
  }
}

static GenSample
read_window (GstQualityMeter *self, const GstMapInfo *map)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  const GenSample window =
      read_samples (self, map->data, map->size / (gsize)GST_AUDIO_INFO_BPF (info));

  notice_no_numbers (self, &window.sound);
  return window;
}

/* --- measuring --- */

static GenSample
read_picture (GstQualityMeter *self, const GstVideoFrame *frame)
{
  return (
      GenSample){ &gen_medium_picture, .picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
                                           .width = GST_VIDEO_FRAME_WIDTH (frame),
                                           .height = GST_VIDEO_FRAME_HEIGHT (frame),
                                           .channels = self->format.channels,
                                           .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) } };
}

GstFlowReturn
gst_quality_meter_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GstGenerativeFrame *mapped = &frame->mapped;
  const GenSample sample =
      mapped->is_sound ? read_window (self, &mapped->map) : read_picture (self, &mapped->video);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  gen_meter_set_time (self->meter, frame->pts);
  if (gen_meter_measure (self->meter, &sample, values, &error)) {
    GST_LOG_OBJECT (self, "%s %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": measured in %.3f ms",
        name_of_frames (self), self->frame, GST_TIME_ARGS (frame->pts),
        gst_generative_since (began));
    if (self->examples != NULL)
      gen_examples_take (self->examples, self->frame, frame->pts, &sample, values);
    notice_not_finite (self, self->frame++);
    return GST_FLOW_OK;
  }
  gst_quality_meter_post_error (self, error);
  return GST_FLOW_ERROR;
}
