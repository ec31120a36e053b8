/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

/* Write `frames` frames of `info`, which are F32 or S16, as floats of full scale 1. */
void gst_generative_read_samples (
    const GstAudioInfo *info, gconstpointer samples, guint64 frames, float *numbers);
