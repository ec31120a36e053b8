/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diversity: how much samples differ among themselves, which falls when a generator collapses.
 * The mean over all pairs of a bounded reservoir of the root mean square difference of their
 * "pixels-16x16", and of sounds their "log-mel-64x2". Reservoir sampling (Vitter 1985, algorithm R)
 * with a seed: every sample has the same chance to be in it, and a run can be repeated. */
#include "features.h"
#include "metrics.h"

#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../simd.h"

#define RESERVOIR 256

typedef struct {
  GenRandom random;
  GenFeatures *features;
  guint64 count; /* samples seen */
  int length;    /* floats in one, a multiple of 16 */
  float *kept;   /* RESERVOIR * length */
} Diversity;

static gpointer
diversity_open (const GenMetricSettings *settings)
{
  Diversity *diversity = g_new0 (Diversity, 1);

  diversity->random = gen_random_new (settings->seed, "diversity", 0);
  return diversity;
}

static void
diversity_close (gpointer metric)
{
  Diversity *diversity = metric;

  gen_features_free (diversity->features);
  g_free (diversity->kept);
  g_free (diversity);
}

static void
open_features (Diversity *diversity, const GenFormat *format)
{
  const GenEmbedder *embedder =
      format->medium == &gen_medium_sound ? &gen_embedder_log_mel : &gen_embedder_pixels;

  diversity->features = gen_features_open (embedder->name, format->medium, NULL);
  diversity->length = gen_features_length (diversity->features, format);
  diversity->kept = g_new (float, (gsize)RESERVOIR * diversity->length);
}

static void
diversity_take (gpointer metric, const GenMetricSample *sample)
{
  Diversity *diversity = metric;
  guint64 place = diversity->count;

  if (diversity->kept == NULL) {
    const GenFormat format = gen_sample_format (sample->sample);

    open_features (diversity, &format);
  }
  diversity->count++;
  if (place >= RESERVOIR)
    place = gen_random_below (&diversity->random, 0, place, (guint32)MIN (place + 1, G_MAXUINT32));
  if (place < RESERVOIR)
    gen_features_compute (
        diversity->features, sample->sample, 1, diversity->kept + place * diversity->length, NULL);
}

GEN_CLONES (float, squared_distance, (const float *a, const float *b, int n), (a, b, n))
{
  float strands[16] = { 0 }, sum = 0;

  for (int i = 0; i < n; i += 16)
    for (int s = 0; s < 16; s++)
      strands[s] += (a[i + s] - b[i + s]) * (a[i + s] - b[i + s]);
  for (int s = 0; s < 16; s++)
    sum += strands[s];
  return sum;
}

static gboolean
diversity_figure (gpointer metric, double *values, GError **error)
{
  const Diversity *diversity = metric;
  int n = (int)MIN (diversity->count, RESERVOIR);
  double sum = 0;

  values[0] = GEN_MISSING;
  values[1] = (double)diversity->count;
  if (n < 2)
    return TRUE;
  for (int i = 1; i < n; i++)
    for (int j = 0; j < i; j++)
      sum += sqrt (squared_distance (diversity->kept + (gsize)i * diversity->length,
                       diversity->kept + (gsize)j * diversity->length, diversity->length) /
                   diversity->length);
  values[0] = sum / (n * (n - 1) / 2);
  return TRUE;
}

const GenMetric gen_metric_diversity = {
  .name = "diversity",
  .summary = "Mean root mean square difference of pairs among 256 samples kept by chance: pictures "
             "reduced to 16 by 16 areas, levels of sounds in 64 bands",
  .unit = "of pictures the share of full scale, of sounds decibels, from 0",
  .fields = { { "diversity", GEN_FIELD_NUMBER, NULL, "it compares two samples at least" },
      { "diversity-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 2,
  .open = diversity_open,
  .close = diversity_close,
  .take = diversity_take,
  .figure = diversity_figure,
};
