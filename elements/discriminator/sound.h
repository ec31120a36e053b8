/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of a sound. */
#pragma once

#include <gst/audio/audio.h>

#include "fields.h"
#include "judge.h"

typedef struct {
  GstDiscriminatorJudge *judge;
  gsize size;     /* of a window, in bytes */
  guint8 *padded; /* one that came short, with silence behind it */
} GstDiscriminatorWindows;

void gst_discriminator_windows_clear (GstDiscriminatorWindows *windows);
/* Have the judge take windows of `length` frames of what `info` describes. */
gboolean gst_discriminator_windows_fit (
    GstDiscriminatorWindows *windows, const GstAudioInfo *info, gint64 length, GError **error);
/* Fill the fields of `values` that are the model's. */
gboolean gst_discriminator_windows_score (GstDiscriminatorWindows *windows,
    const GstGenerativeFrame *window, double *values, GError **error);
