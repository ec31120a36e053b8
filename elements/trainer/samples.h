/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <generative/class-share.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/* Samples of a stream. A buffer of video is a picture. Of sound, a buffer is one sound where the
 * stream is a data set's (`by_item`), cut or padded with silence to the length that is wanted;
 * else the stream is cut into sounds of that length, whatever its buffers. */
typedef struct {
  const GenMedium *medium; /* NULL before there are caps */
  GstVideoInfo video;
  GstAudioInfo audio;
  gboolean by_item;

  GenSound sound; /* being filled */
  gsize filled;   /* frames of it */
  GArray *shares; /* GenClassShare, those of the last buffer; NULL before there is one */
} GstTrainerSamples;

/* What samples of the medium come as. */
#define GST_TRAINER_PICTURE_CAPS                                                                   \
  "video/x-raw, format = (string) { GRAY8, RGB }, width = (int) [ 1, 4096 ], "                     \
  "height = (int) [ 1, 4096 ], framerate = (fraction) [ 0, max ]"
#define GST_TRAINER_SOUND_CAPS                                                                     \
  "audio/x-raw, format = (string) { F32LE, S16LE }, layout = (string) interleaved, "               \
  "rate = (int) [ 1, max ], channels = (int) [ 1, 64 ]"

#define GST_TRAINER_CAPS GST_TRAINER_PICTURE_CAPS "; " GST_TRAINER_SOUND_CAPS

/* FALSE where the caps are neither. */
gboolean gst_trainer_samples_set_caps (GstTrainerSamples *samples, GstCaps *caps);
/* What they are like; the length of sounds is 0. */
GenFormat gst_trainer_samples_format (const GstTrainerSamples *samples);
/* How many frames a sound has, before the first buffer of sound. */
void gst_trainer_samples_set_length (GstTrainerSamples *samples, gsize length);
/* Forget what has come of a sound that is not whole. */
void gst_trainer_samples_flush (GstTrainerSamples *samples);
void gst_trainer_samples_clear (GstTrainerSamples *samples);

/* A sample and the `n` classes that it is of, from 1 on: several where it is a mixture, and -1
 * where it has none. */
typedef GstFlowReturn (*GstTrainerTakeSample) (
    gpointer data, const GenSample *sample, const GenClassShare *shares, guint n);

/* Give `take` each sample that is whole with the buffer, while it returns GST_FLOW_OK, and return
 * what it does; GST_FLOW_ERROR with `error` where the buffer is not what its caps say, or
 * its label cannot be read. */
GstFlowReturn gst_trainer_samples_take (GstTrainerSamples *samples, GstBuffer *buffer,
    GstTrainerTakeSample take, gpointer data, GError **error);

G_END_DECLS
