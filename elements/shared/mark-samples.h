/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples in the formats in which sounds are marked, and marks are found. */
#pragma once

#include <generative/sound-mark.h>
#include <gst/audio/audio.h>

#define GST_GENERATIVE_MARK_SOUND_CAPS                                                             \
  "audio/x-raw, format = { " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (S16) ", " GST_AUDIO_NE (        \
      F64) ", " GST_AUDIO_NE (S32) " }, layout = interleaved, rate = [ 16000, 768000 ], "          \
                                   "channels = [ 1, 64 ]"

/* `n` samples as floats, full scale being 1. */
void gst_generative_mark_samples_read (
    GstAudioFormat format, gconstpointer samples, gsize n, float *numbers);
/* Add to them; what is of integers is rounded, and stays in their range. */
void gst_generative_mark_samples_add (
    GstAudioFormat format, gpointer samples, gsize n, const float *difference);
