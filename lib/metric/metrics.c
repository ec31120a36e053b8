/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of metrics. */
#include "metrics.h"

#include <string.h>

#include "../base/family.h"

G_DEFINE_QUARK (gen - metric - error - quark, gen_metric_error)

const GenMetric *const *
gen_metric_list (void)
{
  static const GenMetric *const list[] = {
    &gen_metric_sharpness,
    &gen_metric_tenengrad,
    &gen_metric_brightness,
    &gen_metric_contrast,
    &gen_metric_colourfulness,
    &gen_metric_black,
    &gen_metric_noise_level,
    &gen_metric_blockiness,
    &gen_metric_banding,
    &gen_metric_brisque,
    &gen_metric_niqe,
    &gen_metric_temporal_ssim,
    &gen_metric_temporal_difference,
    &gen_metric_flicker,
    &gen_metric_warping_error,
    &gen_metric_freeze,
    &gen_metric_loudness,
    &gen_metric_true_peak,
    &gen_metric_clipping,
    &gen_metric_clicks,
    &gen_metric_onsets,
    &gen_metric_silence,
    &gen_metric_dc_offset,
    &gen_metric_spectral_centroid,
    &gen_metric_spectral_bandwidth,
    &gen_metric_spectral_roll_off,
    &gen_metric_spectral_flatness,
    &gen_metric_zero_crossing_rate,
    &gen_metric_stereo_correlation,
    &gen_metric_signal_to_noise,
    &gen_metric_length,
    &gen_metric_repetition,
    &gen_metric_distinct,
    &gen_metric_entropy,
    &gen_metric_self_bleu,
    &gen_metric_perplexity,
    &gen_metric_diversity,
    &gen_metric_pairwise_ms_ssim,
    &gen_metric_frechet,
    &gen_metric_frechet_infinity,
    &gen_metric_kernel_distance,
    &gen_metric_cmmd,
    &gen_metric_sliced_wasserstein,
    &gen_metric_precision,
    &gen_metric_power_spectrum,
    &gen_metric_modes,
    &gen_metric_nearest,
    &gen_metric_vendi_score,
    &gen_metric_inception_score,
    &gen_metric_psnr,
    &gen_metric_ssim,
    &gen_metric_ms_ssim,
    &gen_metric_gmsd,
    &gen_metric_vif,
    &gen_metric_lpips,
    &gen_metric_dists,
    &gen_metric_audio_video_offset,
    &gen_metric_snr,
    &gen_metric_si_sdr,
    &gen_metric_log_spectral_distance,
    &gen_metric_multi_resolution_stft,
    &gen_metric_stoi,
    &gen_metric_estoi,
    NULL,
  };

  return list;
}

int
gen_metric_count_measured (const GenMetric *metric)
{
  if (metric->measure == NULL && metric->judge == NULL && metric->score == NULL)
    return 0;
  return metric->figure == NULL ? metric->n_fields : metric->n_measured;
}

gboolean
gen_metric_is_of_pairs (const GenMetric *metric)
{
  return metric->judge != NULL || metric->of_pairs;
}

static gboolean
is_known_as (const GenMetric *metric, const char *name)
{
  for (const char *const *other = metric->known_as; other != NULL && *other != NULL; other++)
    if (g_ascii_strcasecmp (*other, name) == 0)
      return TRUE;
  return FALSE;
}

/* The metric that is called `name` elsewhere, or NULL. */
static const GenMetric *
find_known_as (const char *name)
{
  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    if (is_known_as (*metric, name))
      return *metric;
  return NULL;
}

/* The metric that has a figure `name`, which is the name of no metric, or NULL. */
static const GenMetric *
find_by_figure (const char *name)
{
  const GenMetric *found = NULL;

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++) {
    if (g_ascii_strcasecmp ((*metric)->name, name) == 0)
      return NULL;
    for (int f = 0; f < (*metric)->n_fields; f++)
      if (g_ascii_strcasecmp ((*metric)->fields[f].name, name) == 0)
        found = *metric;
  }
  return found;
}

const GenMetric *
gen_metric_find (const char *name, GError **error)
{
  const GenMetric *of = find_by_figure (name), *known = find_known_as (name);

  if (of != NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "there is no metric \"%s\": it is a figure of the metric \"%s\", whose name brings all of "
        "its figures",
        name, of->name);
    return NULL;
  }
  if (known == NULL)
    return GEN_FAMILY_FIND (
        gen_metric_list (), name, "metric", GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN, error);
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
      "there is no metric \"%s\" (did you mean \"%s\"?)", name, known->name);
  return NULL;
}

const GenMedium *
gen_metric_find_medium (const char *names)
{
  g_auto (GStrv) list = g_strsplit (names != NULL ? names : "", ",", -1);

  for (char **name = list; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), NULL);

    if (metric != NULL && metric->medium != NULL)
      return metric->medium;
  }
  return NULL;
}

const GenMedium *
gen_metric_find_reference_medium (const char *names)
{
  g_auto (GStrv) list = g_strsplit (names != NULL ? names : "", ",", -1);

  for (char **name = list; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), NULL);

    if (metric != NULL && gen_metric_is_of_pairs (metric))
      return metric->reference_medium != NULL ? metric->reference_medium : metric->medium;
  }
  return NULL;
}

static gboolean
is_called (const GenField *field, const char *name)
{
  const gsize length = strlen (field->name);

  return strncmp (field->name, name, length) == 0 &&
         (name[length] == '\0' || g_str_equal (name + length, GEN_RECENT_SUFFIX));
}

const GenField *
gen_metric_find_field (const char *name, const GenMetric **metric)
{
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    for (int f = 0; f < (*m)->n_fields; f++) {
      if (!is_called (&(*m)->fields[f], name))
        continue;
      if (metric != NULL)
        *metric = *m;
      return &(*m)->fields[f];
    }
  return NULL;
}
