/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes on a sink pad, as samples of its medium. */
#include "samples.h"

#include <string.h>

#include "../shared/label-meta.h"

gboolean
gst_trainer_samples_set_caps (GstTrainerSamples *samples, GstCaps *caps)
{
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw")) {
    samples->medium = &gen_medium_sound;
    return gst_audio_info_from_caps (&samples->audio, caps);
  }
  samples->medium = &gen_medium_picture;
  return gst_video_info_from_caps (&samples->video, caps);
}

GenFormat
gst_trainer_samples_format (const GstTrainerSamples *samples)
{
  if (samples->medium == &gen_medium_sound)
    return (GenFormat){ samples->medium, .channels = GST_AUDIO_INFO_CHANNELS (&samples->audio),
      .rate = GST_AUDIO_INFO_RATE (&samples->audio) };
  return (GenFormat){ samples->medium, GST_VIDEO_INFO_WIDTH (&samples->video),
    GST_VIDEO_INFO_HEIGHT (&samples->video), GST_VIDEO_INFO_N_COMPONENTS (&samples->video) };
}

void
gst_trainer_samples_set_length (GstTrainerSamples *samples, gsize length)
{
  gen_sound_clear (&samples->sound);
  gen_sound_init (&samples->sound, GST_AUDIO_INFO_RATE (&samples->audio),
      GST_AUDIO_INFO_CHANNELS (&samples->audio), length);
  samples->filled = 0;
}

void
gst_trainer_samples_flush (GstTrainerSamples *samples)
{
  samples->filled = 0;
}

void
gst_trainer_samples_clear (GstTrainerSamples *samples)
{
  gen_sound_clear (&samples->sound);
  g_clear_pointer (&samples->shares, g_array_unref);
  *samples = (GstTrainerSamples){ 0 };
}

static GstFlowReturn
refuse (GError **error)
{
  g_set_error_literal (
      error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "a buffer is smaller than its caps say");
  return GST_FLOW_ERROR;
}

static const GenClassShare *
shares_of (const GstTrainerSamples *samples)
{
  return &g_array_index (samples->shares, GenClassShare, 0);
}

/* --- pictures --- */

static GstFlowReturn
take_picture (GstTrainerSamples *samples, GstBuffer *buffer, GstTrainerTakeSample take,
    gpointer data, GError **error)
{
  GstVideoFrame frame;
  GenPicture picture;
  GenSample sample;
  GstFlowReturn flow;

  if (!gst_video_frame_map (&frame, &samples->video, buffer, GST_MAP_READ))
    return refuse (error);
  picture = (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (&frame),
    .height = GST_VIDEO_FRAME_HEIGHT (&frame),
    .channels = GST_VIDEO_FRAME_N_COMPONENTS (&frame),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) };
  sample = gen_sample_of_picture (&picture);
  flow = take (data, &sample, shares_of (samples), samples->shares->len);
  gst_video_frame_unmap (&frame);
  return flow;
}

/* --- sounds --- */

/* `n` frames to behind what there is of the sound. */
static void
fill (GstTrainerSamples *samples, const guint8 *from, gsize n)
{
  const gsize channels = (gsize)samples->sound.channels, numbers = n * channels;
  float *to = samples->sound.data + samples->filled * channels;

  samples->filled += n;
  if (GST_AUDIO_INFO_FORMAT (&samples->audio) == GST_AUDIO_FORMAT_F32) {
    memcpy (to, from, numbers * sizeof (float));
    return;
  }
  for (gsize i = 0; i < numbers; i++)
    to[i] = (float)((const gint16 *)from)[i] / 32768.0f;
}

static GstFlowReturn
give (GstTrainerSamples *samples, GstTrainerTakeSample take, gpointer data)
{
  const GenSample sample = gen_sample_of_sound (&samples->sound);

  samples->filled = 0;
  return take (data, &sample, shares_of (samples), samples->shares->len);
}

static void
pad (GstTrainerSamples *samples)
{
  const gsize channels = (gsize)samples->sound.channels;

  memset (samples->sound.data + samples->filled * channels, 0,
      (samples->sound.frames - samples->filled) * channels * sizeof (float));
}

static GstFlowReturn
take_frames (GstTrainerSamples *samples, const guint8 *frames, gsize n, GstTrainerTakeSample take,
    gpointer data)
{
  const gsize size = (gsize)GST_AUDIO_INFO_BPF (&samples->audio);
  GstFlowReturn flow = GST_FLOW_OK;

  while (n > 0 && flow == GST_FLOW_OK) {
    const gsize part = MIN (n, samples->sound.frames - samples->filled);

    fill (samples, frames, part);
    frames += part * size;
    n -= part;
    if (samples->filled == samples->sound.frames)
      flow = give (samples, take, data);
  }
  return flow;
}

static GstFlowReturn
take_sound (GstTrainerSamples *samples, GstBuffer *buffer, GstTrainerTakeSample take, gpointer data,
    GError **error)
{
  const gsize size = (gsize)GST_AUDIO_INFO_BPF (&samples->audio);
  GstFlowReturn flow;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return refuse (error);
  if (map.size % size != 0) {
    flow = refuse (error);
  } else if (samples->by_item) {
    fill (samples, map.data, MIN (map.size / size, samples->sound.frames));
    pad (samples);
    flow = give (samples, take, data);
  } else {
    if (GST_BUFFER_IS_DISCONT (buffer))
      gst_trainer_samples_flush (samples);
    flow = take_frames (samples, map.data, map.size / size, take, data);
  }
  gst_buffer_unmap (buffer, &map);
  return flow;
}

GstFlowReturn
gst_trainer_samples_take (GstTrainerSamples *samples, GstBuffer *buffer, GstTrainerTakeSample take,
    gpointer data, GError **error)
{
  if (samples->shares == NULL)
    samples->shares = g_array_new (FALSE, FALSE, sizeof (GenClassShare));
  if (!gst_generative_label_get_shares (buffer, samples->shares, error))
    return GST_FLOW_ERROR;
  return samples->medium == &gen_medium_sound ? take_sound (samples, buffer, take, data, error)
                                              : take_picture (samples, buffer, take, data, error);
}
