/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter at work: a picture, a window of a sound, or a text, and its figures. */
#include "qualitymeter.h"

#include "../shared/debug.h"
#include "../shared/label-meta.h"
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
  return self->medium == &gen_medium_sound  ? "window"
         : self->medium == &gen_medium_text ? "text"
                                            : "frame";
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

/* --- classes --- */

/* Of which class the next frame is, or the window that ends in this buffer. */
static void
read_class (GstQualityMeter *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  const char *name;
  int label;

  if (!self->by_class)
    return;
  if (!gst_generative_label_get (buffer, &label, &name, &error) && !self->told_odd_label) {
    self->told_odd_label = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Property classes: %s. Such a buffer is of no class; further ones are not reported",
            error->message),
        (NULL));
  }
  self->labelled |= label >= 0;
  gen_meter_set_class (self->meter, label, name);
}

void
gst_quality_meter_notice_no_labels (GstQualityMeter *self)
{
  if (!self->by_class || self->labelled || self->frame == 0)
    return;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Property classes: nothing that passed was of a class: datasetsrc labels what it reads, and "
       "a classifier in front labels what is generated"),
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
gst_quality_meter_follow (
    GstScoreFilter *filter, GstBuffer *buffer, gconstpointer samples, guint64 frames)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GenSample piece = read_samples (self, samples, frames);

  read_class (self, buffer);
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

/* --- text --- */

static void
notice_no_text (GstQualityMeter *self, const GenText *text)
{
  if (self->told_no_numbers || gen_text_is_valid (text))
    return;
  self->told_no_numbers = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Text %" G_GUINT64_FORMAT " is no UTF-8, or has a byte of 0 in it: such texts have no "
       "figures, and are left out of those over all. Further ones are not reported",
          self->frame),
      (NULL));
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

static GenSample
read_text (GstQualityMeter *self, const GstMapInfo *map)
{
  const GenSample sample = { &gen_medium_text,
    .text = { .data = (char *)map->data, .length = map->size } };

  notice_no_text (self, &sample.text);
  return sample;
}

static GenSample
read_frame (GstQualityMeter *self, const GstGenerativeFrame *mapped)
{
  if (self->medium == &gen_medium_text)
    return read_text (self, &mapped->map);
  return self->medium == &gen_medium_sound ? read_window (self, &mapped->map)
                                           : read_picture (self, &mapped->video);
}

GstFlowReturn
gst_quality_meter_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GenSample sample = read_frame (self, &frame->mapped);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  if (frame->buffer != NULL) /* of a window of a sound there is none, and follow has seen it */
    read_class (self, frame->buffer);
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
