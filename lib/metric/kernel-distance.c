/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel distance: the squared maximum mean discrepancy of features under the kernel
 * (x y / length + 1)^3, estimated without bias: the KID of Bińkowski et al., "Demystifying MMD
 * GANs", ICLR 2018. As there it is the mean over a hundred pairs of subsets, drawn without putting
 * back.
 *
 * x y is m m + m x' + m y' + x' y', about the reference's middle m: the last, which is the least of
 * them and all of the arithmetic, is a product in float32, and the others and their sums are in
 * double. What that changes, the conformance test holds to 1e-9. All features are brought to about
 * 1 first, by a power of two. */
#include "sets.h"

#include <cblas.h>
#include <math.h>

#include "../simd.h"

#define SUBSETS 100
#define SUBSET 1000

typedef struct {
  guint n;         /* rows of either subset */
  int stride;      /* of rows */
  double scale;    /* that features are multiplied by */
  double factor;   /* what a product has to be multiplied by to be 1 / length of theirs */
  float *middle;   /* m */
  double own;      /* m m */
  float *rows;     /* those of the samples, and then of the reference */
  double *along;   /* m x' of each */
  float *products; /* of all with all that come before */
} Subsets;

#define STRANDS 8

/* A row about the middle, and its product with that. */
GEN_CLONES (double, centre_row,
    (const float *restrict from, const float *restrict middle, float scale, float *restrict out,
        int n),
    (from, middle, scale, out, n))
{
  double strands[STRANDS] = { 0 }, sum = 0;

  for (int i = 0; i < n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++) {
      out[i + s] = from[i + s] * scale - middle[i + s];
      strands[s] += (double)out[i + s] * middle[i + s];
    }
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

/* The kernel of a row with `n` others, summed up: `base` is what of (x y / length + 1) all have in
 * common. */
GEN_CLONES (double, sum_row,
    (const float *restrict products, const double *restrict along, double base, double factor,
        guint n),
    (products, along, base, factor, n))
{
  double strands[STRANDS] = { 0 }, sum = 0;
  guint i = 0;

  for (; i + STRANDS <= n; i += STRANDS)
    for (guint s = 0; s < STRANDS; s++) {
      const double value = base + factor * (along[i + s] + products[i + s]);

      strands[s] += value * value * value;
    }
  for (; i < n; i++) {
    const double value = base + factor * (along[i] + products[i]);

    sum += value * value * value;
  }
  for (guint s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

/* Of row `i`, with `n` rows from `first` on. */
static double
sum_kernel (const Subsets *subsets, guint i, guint first, guint n)
{
  return sum_row (subsets->products + (gsize)i * 2 * subsets->n + first, subsets->along + first,
      1 + subsets->factor * (subsets->along[i] + subsets->own), subsets->factor, n);
}

static double
measure (const Subsets *subsets)
{
  const guint n = subsets->n;
  double within = 0, between = 0;

  cblas_ssyrk (CblasRowMajor, CblasLower, CblasNoTrans, (int)(2 * n), subsets->stride, 1,
      subsets->rows, subsets->stride, 0, subsets->products, (int)(2 * n));
  for (guint i = 0; i < n; i++) {
    within += sum_kernel (subsets, i, 0, i) + sum_kernel (subsets, n + i, n, i);
    between += sum_kernel (subsets, n + i, 0, n);
  }
  return 2 * (within / ((double)n * (n - 1)) - between / ((double)n * n));
}

/* As many of the rows, which are in `places` in some order, by a partial shuffle; they are put from
 * row `first` on. */
static void
draw (const GenRandom *random, guint64 number, guint32 *places, const GenFeatureRows *rows,
    Subsets *subsets, guint first)
{
  const guint n = subsets->n;

  for (guint i = 0; i < n && n < rows->n; i++) {
    const guint32 other = i + gen_random_below (random, number, i, rows->n - i);
    const guint32 place = places[i];

    places[i] = places[other];
    places[other] = place;
  }
  for (guint i = 0; i < n; i++)
    subsets->along[first + i] =
        centre_row (gen_feature_rows_at (rows, places[i]), subsets->middle, (float)subsets->scale,
            subsets->rows + (gsize)(first + i) * (gsize)subsets->stride, subsets->stride);
}

static void
subsets_init (Subsets *subsets, const GenMetricSets *sets, guint n)
{
  const int stride = sets->samples->stride;
  const double scale = gen_sets_find_scale (sets);
  float *middle = gen_sets_find_middle (sets->reference, scale);

  *subsets = (Subsets){ .n = n, .stride = stride, .scale = scale, .middle = middle };
  subsets->factor = 1 / (scale * scale * sets->samples->length);
  subsets->own = cblas_dsdot (stride, middle, 1, middle, 1);
  subsets->rows = g_new (float, 2 * (gsize)n * (gsize)stride);
  subsets->along = g_new (double, 2 * (gsize)n);
  subsets->products = g_new (float, 4 * (gsize)n * n);
}

static void
subsets_clear (Subsets *subsets)
{
  g_free (subsets->middle);
  g_free (subsets->rows);
  g_free (subsets->along);
  g_free (subsets->products);
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
  g_autofree guint32 *sample_places = NULL, *reference_places = NULL;
  GenTally distances = { 0 };
  Subsets subsets;

  if (!gen_sets_begin (sets, values, 2, TRUE, 2))
    return TRUE;
  subsets_init (&subsets, sets, n);
  sample_places = count_up (samples->n);
  reference_places = count_up (reference->n);
  for (int i = 0; i < count; i++) {
    draw (&random[0], (guint64)i, sample_places, samples, &subsets, 0);
    draw (&random[1], (guint64)i, reference_places, reference, &subsets, n);
    gen_tally_add (&distances, measure (&subsets));
  }
  subsets_clear (&subsets);
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
