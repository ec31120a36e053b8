/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* True peak: the greatest magnitude of the sound between its samples too, as a converter would make
 * it (ITU-R BS.1770-4, annex 2), by libebur128's interpolation: four times the rate below 96 kHz,
 * twice below 192 kHz. */
#include "metrics.h"

#include <ebur128.h>

/* Hertz: of less, libebur128 1.2.6 has no state, or one whose blocks of 100 ms, which are rounded
 * up, are longer in all than the memory that it has for 400 ms. */
#define LEAST_RATE 18

typedef struct {
  ebur128_state *state; /* of what follows the last jump */
  double since;         /* the greatest since a window was measured */
  double overall;
} TruePeak;

static gpointer
true_peak_open (const GenMetricSettings *settings)
{
  return g_new0 (TruePeak, 1);
}

/* Samples on both sides of a jump are not of one curve. */
static void
true_peak_interrupt (gpointer metric)
{
  TruePeak *peak = metric;

  if (peak->state != NULL)
    ebur128_destroy (&peak->state);
}

static void
true_peak_close (gpointer metric)
{
  true_peak_interrupt (metric);
  g_free (metric);
}

static void
true_peak_follow (gpointer metric, const GenSample *piece)
{
  TruePeak *peak = metric;
  const GenSound *sound = &piece->sound;

  if (sound->rate < LEAST_RATE)
    return;
  if (peak->state == NULL)
    peak->state = ebur128_init (
        (unsigned)sound->channels, (unsigned long)sound->rate, EBUR128_MODE_TRUE_PEAK);
  if (peak->state == NULL)
    return;
  ebur128_add_frames_float (peak->state, sound->data, sound->frames);
  for (int c = 0; c < sound->channels; c++) {
    double value;

    if (ebur128_prev_true_peak (peak->state, (unsigned)c, &value) == EBUR128_SUCCESS)
      peak->since = MAX (peak->since, value);
  }
  peak->overall = MAX (peak->overall, peak->since);
}

static double
decibels (double peak)
{
  return peak > 0 ? 20 * log10 (peak) : GEN_MISSING;
}

static void
true_peak_measure (gpointer metric, const GenSample *window, double *values)
{
  TruePeak *peak = metric;

  values[0] = decibels (peak->since);
  peak->since = 0;
}

static gboolean
true_peak_figure (gpointer metric, double *values, GError **error)
{
  values[0] = decibels (((TruePeak *)metric)->overall);
  return TRUE;
}

#define MISSING "silence has no peak, and neither has a rate below 18 Hz"

const GenMetric gen_metric_true_peak = {
  .name = "true-peak",
  .medium = &gen_medium_sound,
  .summary = "Greatest magnitude between samples too (ITU-R BS.1770-4), since the window before "
             "and overall",
  .unit = "dBTP, decibels of full scale",
  .fields = { { "true-peak", GEN_FIELD_NUMBER, NULL, MISSING },
      { "true-peak-overall", GEN_FIELD_NUMBER, NULL, MISSING } },
  .n_fields = 2,
  .n_measured = 1,
  .open = true_peak_open,
  .close = true_peak_close,
  .measure = true_peak_measure,
  .follow = true_peak_follow,
  .interrupt = true_peak_interrupt,
  .figure = true_peak_figure,
};
