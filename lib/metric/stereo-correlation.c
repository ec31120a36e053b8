/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stereo correlation: of the first two channels, as phase meters show it: 1 is mono, 0 wide, and
 * below 0 something is lost where both are mixed into one. Means are not taken off. */
#include "metrics.h"

#include <math.h>

static void
correlation_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;
  double left = 0, right = 0, product = 0;

  if (sound->channels < 2)
    return;
  for (gsize i = 0; i < sound->frames; i++) {
    const float *frame = sound->data + i * (gsize)sound->channels;

    left += (double)frame[0] * frame[0];
    right += (double)frame[1] * frame[1];
    product += (double)frame[0] * frame[1];
  }
  if (left > 0 && right > 0)
    values[0] = CLAMP (product / sqrt (left * right), -1, 1);
}

const GenMetric gen_metric_stereo_correlation = {
  .name = "stereo-correlation",
  .medium = &gen_medium_sound,
  .summary = "Correlation of the first two channels",
  .unit = "-1 to 1; 1 for mono",
  .fields = { { "stereo-correlation", GEN_FIELD_NUMBER, NULL,
      "there is one channel, one of two is silent, or the window has samples that are no finite "
      "numbers" } },
  .n_fields = 1,
  .measure = correlation_measure,
};
