/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-samples.h"

#include <math.h>
#include <string.h>

#define SCALE_16 32768.0f
#define SCALE_32 2147483648.0

void
gst_generative_mark_samples_read (
    GstAudioFormat format, gconstpointer samples, gsize n, float *numbers)
{
  switch (format) {
  case GST_AUDIO_FORMAT_S16:
    for (gsize i = 0; i < n; i++)
      numbers[i] = (float)((const gint16 *)samples)[i] / SCALE_16;
    break;
  case GST_AUDIO_FORMAT_S32:
    for (gsize i = 0; i < n; i++)
      numbers[i] = (float)((double)((const gint32 *)samples)[i] / SCALE_32);
    break;
  case GST_AUDIO_FORMAT_F64:
    for (gsize i = 0; i < n; i++)
      numbers[i] = (float)((const double *)samples)[i];
    break;
  default:
    memcpy (numbers, samples, n * sizeof *numbers);
  }
}

static void
add_16 (gint16 *samples, gsize n, const float *difference)
{
  for (gsize i = 0; i < n; i++) {
    const long sum = samples[i] + lrintf (difference[i] * SCALE_16);

    samples[i] = (gint16)CLAMP (sum, G_MININT16, G_MAXINT16);
  }
}

static void
add_32 (gint32 *samples, gsize n, const float *difference)
{
  for (gsize i = 0; i < n; i++) {
    const gint64 sum = samples[i] + (gint64)llrint ((double)difference[i] * SCALE_32);

    samples[i] = (gint32)CLAMP (sum, G_MININT32, G_MAXINT32);
  }
}

void
gst_generative_mark_samples_add (
    GstAudioFormat format, gpointer samples, gsize n, const float *difference)
{
  switch (format) {
  case GST_AUDIO_FORMAT_S16:
    add_16 (samples, n, difference);
    break;
  case GST_AUDIO_FORMAT_S32:
    add_32 (samples, n, difference);
    break;
  case GST_AUDIO_FORMAT_F64:
    for (gsize i = 0; i < n; i++)
      ((double *)samples)[i] += (double)difference[i];
    break;
  default:
    for (gsize i = 0; i < n; i++)
      ((float *)samples)[i] += difference[i];
  }
}
