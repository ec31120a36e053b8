/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel distance: the squared maximum mean discrepancy of features under the kernel
 * (x y / length + 1)^3, estimated without bias: the KID of Bińkowski et al., "Demystifying MMD
 * GANs", ICLR 2018. As there it is the mean over a hundred pairs of subsets, drawn without putting
 * back. */
#include "sets.h"

#include <cblas.h>
#include <math.h>

#define SUBSETS 100
#define SUBSET 1000

typedef struct {
  int length;
  guint n;                     /* rows of a subset */
  double *samples, *reference; /* those of each */
  double *products;            /* n rows of n */
} Subsets;

/* The sum of the kernel over all pairs of rows, of one set without those of a row with itself. */
static double
sum_kernel (const Subsets *subsets, const double *a, const double *b)
{
  const int n = (int)subsets->n, length = subsets->length;
  double sum = 0;

  if (a == b)
    cblas_dsyrk (CblasRowMajor, CblasLower, CblasNoTrans, n, length, 1.0 / length, a, length, 0,
        subsets->products, n);
  else
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, n, length, 1.0 / length, a, length, b,
        length, 0, subsets->products, n);
  for (int i = 0; i < n; i++) {
    const double *row = subsets->products + (gsize)i * (gsize)n;
    double part = 0;

    for (int j = 0; j < (a == b ? i : n); j++)
      part += (row[j] + 1) * (row[j] + 1) * (row[j] + 1);
    sum += a == b ? 2 * part : part;
  }
  return sum;
}

static double
measure (const Subsets *subsets)
{
  const double n = subsets->n;
  const double within = sum_kernel (subsets, subsets->samples, subsets->samples) +
                        sum_kernel (subsets, subsets->reference, subsets->reference);

  return within / (n * (n - 1)) -
         2 * sum_kernel (subsets, subsets->samples, subsets->reference) / (n * n);
}

/* `n` of the rows, which are in `places` in some order, by a partial shuffle. */
static void
draw (const GenRandom *random, guint64 number, guint32 *places, const GenFeatureRows *rows, guint n,
    double *out)
{
  for (guint i = 0; i < n && n < rows->n; i++) {
    const guint32 other = i + gen_random_below (random, number, i, rows->n - i);
    const guint32 place = places[i];

    places[i] = places[other];
    places[other] = place;
  }
  gen_sets_read (rows, 0, places, n, out);
}

static guint32 *
count_up (guint n)
{
  guint32 *places = g_new (guint32, n);

  for (guint i = 0; i < n; i++)
    places[i] = i;
  return places;
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const GenFeatureRows *samples = sets->samples, *reference = sets->reference;
  const guint n = MIN (SUBSET, MIN (samples->n, reference->n));
  const gboolean whole = n == samples->n && n == reference->n;
  const int count = whole ? 1 : SUBSETS;
  const GenRandom random[] = { gen_random_new (sets->seed, "kernel-distance", 0),
    gen_random_new (sets->seed, "kernel-distance", 1) };
  g_autofree double *a = NULL, *b = NULL, *products = NULL;
  g_autofree guint32 *sample_places = NULL, *reference_places = NULL;
  GenTally distances = { 0 };
  Subsets subsets;

  if (!gen_sets_begin (sets, values, 2, TRUE, 2))
    return TRUE;
  a = g_new (double, (gsize)n *(gsize)samples->length);
  b = g_new (double, (gsize)n *(gsize)samples->length);
  products = g_new (double, (gsize)n *n);
  sample_places = count_up (samples->n);
  reference_places = count_up (reference->n);
  subsets = (Subsets){ samples->length, n, a, b, products };
  for (int i = 0; i < count; i++) {
    draw (&random[0], (guint64)i, sample_places, samples, n, a);
    draw (&random[1], (guint64)i, reference_places, reference, n, b);
    gen_tally_add (&distances, measure (&subsets));
  }
  values[0] = distances.mean;
  values[1] = sqrt (distances.squares / count);
  return TRUE;
}

const GenMetric gen_metric_kernel_distance = {
  .name = "kernel-distance",
  .known_as = (const char *const[]){ "kid", "mmd", "kernel-inception-distance", NULL },
  .summary = "Squared maximum mean discrepancy of the features of samples and reference under a "
             "cubic kernel, the mean of 100 pairs of subsets of 1000 (KID, Binkowski et al. 2018)",
  .unit = "the kernel's own; about 0 where both are of one kind, and below it by chance",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .fields = { { "kernel-distance", GEN_FIELD_NUMBER, NULL, GEN_SETS_TOO_FEW,
                  .better = GEN_BETTER_LOWER },
      { "kernel-distance-deviation", GEN_FIELD_NUMBER, NULL, GEN_SETS_TOO_FEW },
      { "kernel-distance-features", GEN_FIELD_TEXT, NULL },
      { "kernel-distance-samples", GEN_FIELD_COUNT, NULL },
      { "kernel-distance-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 5,
  .compare = compare,
};
