/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diversity: how much samples differ among themselves, which falls when a generator collapses.
 * The mean over all pairs of a bounded reservoir of the root mean square difference of their
 * "pixels-16x16", of sounds their "log-mel-64x2", and of texts their "hashed-words-256". Reservoir
 * sampling (Vitter 1985, algorithm R) with a seed: every sample has the same chance to be in it,
 * and a run can be repeated. */
#include "features.h"
#include "metrics.h"

#include <generative/feature-rows.h>

#include <math.h>

#define RESERVOIR 256

typedef struct {
  GenFeatures *features;
  int length; /* floats in one */
  GenFeatureRows kept;
} Diversity;

static gpointer
diversity_open (const GenMetricSettings *settings)
{
  Diversity *diversity = g_new0 (Diversity, 1);

  gen_feature_rows_init (&diversity->kept, RESERVOIR, settings->seed, "diversity");
  return diversity;
}

static void
diversity_close (gpointer metric)
{
  Diversity *diversity = metric;

  gen_features_free (diversity->features);
  gen_feature_rows_clear (&diversity->kept);
  g_free (diversity);
}

static void
open_features (Diversity *diversity, const GenFormat *format)
{
  const GenEmbedder *embedder = format->medium == &gen_medium_sound  ? &gen_embedder_log_mel
                                : format->medium == &gen_medium_text ? &gen_embedder_hashed_words
                                                                     : &gen_embedder_pixels;

  diversity->features = gen_features_open (embedder->name, format->medium, NULL);
  diversity->length = gen_features_length (diversity->features, format);
}

static void
diversity_take (gpointer metric, const GenMetricSample *sample)
{
  Diversity *diversity = metric;
  float *row;

  if (diversity->features == NULL) {
    const GenFormat format = gen_sample_format (sample->sample);

    open_features (diversity, &format);
  }
  row = gen_feature_rows_next (&diversity->kept, diversity->length);
  if (row != NULL)
    gen_features_compute (diversity->features, sample->sample, 1, row, NULL);
}

static gboolean
diversity_figure (gpointer metric, double *values, GError **error)
{
  const GenFeatureRows *kept = &((Diversity *)metric)->kept;
  const guint n = kept->n;
  double sum = 0;

  values[0] = GEN_MISSING;
  values[1] = (double)kept->seen;
  if (n < 2)
    return TRUE;
  for (guint i = 1; i < n; i++)
    for (guint j = 0; j < i; j++)
      sum += sqrt (gen_feature_rows_distance (
                       kept, gen_feature_rows_at (kept, i), gen_feature_rows_at (kept, j)) /
                   (double)kept->length);
  values[0] = sum / (n * (n - 1) / 2);
  return TRUE;
}

static gsize
diversity_kept (gpointer metric)
{
  return gen_feature_rows_bytes (&((Diversity *)metric)->kept);
}

static void
diversity_thin (gpointer metric)
{
  Diversity *diversity = metric;

  gen_feature_rows_thin (&diversity->kept, MAX (diversity->kept.most / 2, 2));
}

const GenMetric gen_metric_diversity = {
  .name = "diversity",
  .summary = "Mean root mean square difference of pairs among 256 samples kept by chance: pictures "
             "reduced to 16 by 16 areas, levels of sounds in 64 bands, hashed words of texts",
  .unit = "of pictures the share of full scale, of sounds decibels, of texts 0 to 0.125",
  .fields = { { "diversity", GEN_FIELD_NUMBER, NULL, "it compares two samples at least" },
      { "diversity-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 2,
  .open = diversity_open,
  .close = diversity_close,
  .take = diversity_take,
  .figure = diversity_figure,
  .kept = diversity_kept,
  .thin = diversity_thin,
};
