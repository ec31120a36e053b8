/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of measures. Those of how a frame looks or sounds are metrics, of the whole item. */
#include "inspect-private.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../../metric/metrics.h"

#define METRIC(id, metric_name, metric_medium, greatest, unit_text, summary_text)                  \
  static const GenDataMeasure id = { .name = metric_name,                                          \
    .unit = unit_text,                                                                             \
    .summary = summary_text,                                                                       \
    .medium = &metric_medium,                                                                      \
    .need = GEN_NEED_ITEM,                                                                         \
    .most = greatest,                                                                              \
    .metric = &gen_metric_##id }

METRIC (brightness, "brightness", gen_medium_picture, 1, "share, 0 to 1", "Mean luma");
METRIC (
    contrast, "contrast", gen_medium_picture, 0.5, "share, 0 to 0.5", "Standard deviation of luma");
METRIC (sharpness, "sharpness", gen_medium_picture, G_MAXDOUBLE, "squared grey levels",
    "Variance of the Laplacian of luma");
METRIC (clipping, "clipping", gen_medium_sound, 1, "share, 0 to 1",
    "Share of samples in runs of three and more at full scale");
METRIC (silence, "silence", gen_medium_sound, 1, "share, 0 to 1",
    "Share of blocks of 10 ms below -60 decibels of full scale");
METRIC (spectral_centroid, "spectral-centroid", gen_medium_sound, G_MAXDOUBLE, "Hertz",
    "Mean frequency of the spectrum, weighted by magnitude");

static const GenDataMeasure loudness = { .name = "loudness",
  .unit = "LUFS",
  .summary = "Integrated loudness (EBU R 128); sounds below 0.4 s have none",
  .medium = &gen_medium_sound,
  .need = GEN_NEED_ITEM,
  .least = -200,
  .most = 200,
  .metric = &gen_metric_loudness,
  .over_all = TRUE };

static const GenDataMeasure *const measures[] = {
  &gen_data_measure_bytes,
  &gen_data_measure_width,
  &gen_data_measure_height,
  &gen_data_measure_frames,
  &gen_data_measure_seconds,
  &gen_data_measure_rate,
  &gen_data_measure_channels,
  &gen_data_measure_characters,
  &brightness,
  &contrast,
  &sharpness,
  &gen_data_measure_saturation,
  &gen_data_measure_peak,
  &loudness,
  &clipping,
  &silence,
  &spectral_centroid,
  NULL,
};

G_STATIC_ASSERT (G_N_ELEMENTS (measures) - 1 <= GEN_DATA_MAX_MEASURES);

const GenDataMeasure *const *
gen_data_measure_list (void)
{
  return measures;
}

int
gen_data_measure_find (const char *name, const GenMedium *medium, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (int i = 0; measures[i] != NULL; i++) {
    const gboolean fits =
        medium == NULL || measures[i]->medium == NULL || measures[i]->medium == medium;

    if (fits && strcmp (measures[i]->name, name) == 0)
      return i;
    if (fits)
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", measures[i]->name);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no measure '%s'%s%s; there are %s",
      name, medium != NULL ? " of " : "", medium != NULL ? medium->plural : "", names->str);
  return -1;
}

static double
take_metric (const GenDataMeasure *measure, const GenSample *sample)
{
  const GenMetric *metric = measure->metric;
  const GenMetricSettings settings = { 0 };
  gpointer state = metric->open != NULL ? metric->open (&settings) : NULL;
  double values[GEN_METRIC_MAX_FIELDS];

  for (int i = 0; i < GEN_METRIC_MAX_FIELDS; i++)
    values[i] = GEN_MISSING;
  if (measure->over_all) {
    metric->follow (state, sample);
    metric->figure (state, values, NULL);
  } else {
    metric->measure (state, sample, values);
  }
  if (metric->close != NULL)
    metric->close (state);
  return isfinite (values[0]) ? values[0] : NAN;
}

double
gen_data_measure_take (const GenDataMeasure *measure, const GenInspected *item)
{
  if (measure->medium != NULL && measure->medium != item->format.medium)
    return NAN;
  if (measure->need == GEN_NEED_ITEM && item->sample == NULL)
    return NAN;
  if (measure->measure != NULL)
    return measure->measure (item);
  return take_metric (measure, item->luma != NULL ? item->luma : item->sample);
}
