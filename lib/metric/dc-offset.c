/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DC offset: how far the mean of the samples is from zero, of the channel where it is farthest. */
#include "metrics.h"

static void
dc_offset_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;

  values[0] = 0;
  for (int c = 0; c < sound->channels; c++) {
    double sum = 0;

    for (gsize i = 0; i < sound->frames; i++)
      sum += sound->data[i * (gsize)sound->channels + (gsize)c];
    values[0] = MAX (values[0], fabs (sum) / (double)sound->frames);
  }
}

const GenMetric gen_metric_dc_offset = {
  .name = "dc-offset",
  .medium = &gen_medium_sound,
  .summary = "Magnitude of the mean of the samples, of the channel where it is greatest",
  .unit = "share of full scale, from 0",
  .fields = { { "dc-offset", GEN_FIELD_NUMBER, NULL, GEN_METRIC_NO_NUMBERS,
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .measure = dc_offset_measure,
};
