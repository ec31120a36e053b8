/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CMMD: the squared maximum mean discrepancy under a Gaussian kernel of width 10, times 1000, of
 * features brought to unit length: Jayasumana et al., "Rethinking FID", CVPR 2024, which takes
 * those of CLIP. Over all pairs, those of a row with itself too (the biased estimate), as there. */
#include "sets.h"

#include <cblas.h>
#include <math.h>

#define WIDTH 10.0
#define SCALE 1000.0
#define BLOCK 512

/* Rows of unit length, or of zeros. */
typedef struct {
  double *rows, *squares; /* of their norms */
  guint n;
  int length;
} Block;

static void
block_init (Block *block, int length)
{
  *block = (Block){ g_new (double, (gsize)BLOCK *(gsize)length), g_new (double, BLOCK), 0, length };
}

static void
block_clear (Block *block)
{
  g_free (block->rows);
  g_free (block->squares);
}

static void
block_read (Block *block, const GenFeatureRows *rows, guint first)
{
  block->n = MIN (BLOCK, rows->n - first);
  gen_sets_read (rows, first, NULL, block->n, block->rows);
  for (guint i = 0; i < block->n; i++)
    block->squares[i] =
        gen_sets_normalize (block->rows + (gsize)i * (gsize)block->length, block->length);
}

static double
sum_block (const Block *a, const Block *b, double *products)
{
  double sum = 0;

  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)a->n, (int)b->n, a->length, 1, a->rows,
      a->length, b->rows, b->length, 0, products, BLOCK);
  for (guint i = 0; i < a->n; i++)
    for (guint j = 0; j < b->n; j++) {
      const double distance = a->squares[i] + b->squares[j] - 2 * products[(gsize)i * BLOCK + j];

      sum += exp (-MAX (distance, 0) / (2 * WIDTH * WIDTH));
    }
  return sum;
}

/* The mean of the kernel over all pairs. */
static double
mean_kernel (const GenFeatureRows *a, const GenFeatureRows *b)
{
  g_autofree double *products = g_new (double, (gsize)BLOCK *BLOCK);
  Block from, to;
  double sum = 0;

  block_init (&from, a->length);
  block_init (&to, a->length);
  for (guint i = 0; i < a->n; i += BLOCK) {
    block_read (&from, a, i);
    for (guint j = 0; j < (a == b ? i + 1 : b->n); j += BLOCK) {
      block_read (&to, b, j);
      sum += (a == b && j < i ? 2 : 1) * sum_block (&from, &to, products);
    }
  }
  block_clear (&from);
  block_clear (&to);
  return sum / a->n / b->n;
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const GenFeatureRows *samples = sets->samples, *reference = sets->reference;

  if (!gen_sets_begin (sets, values, 1, TRUE, 2))
    return TRUE;
  values[0] = SCALE * (mean_kernel (samples, samples) + mean_kernel (reference, reference) -
                          2 * mean_kernel (samples, reference));
  return TRUE;
}

const GenMetric gen_metric_cmmd = {
  .name = "cmmd",
  .summary = "Squared maximum mean discrepancy of the features of samples and reference, brought "
             "to unit length, under a Gaussian kernel of width 10, times 1000 (Jayasumana et al. "
             "2024, of CLIP's features)",
  .unit = "a thousandth of the kernel's, from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .fields = { { "cmmd", GEN_FIELD_NUMBER, NULL, GEN_SETS_TOO_FEW, .better = GEN_BETTER_LOWER },
      { "cmmd-features", GEN_FIELD_TEXT, NULL }, { "cmmd-samples", GEN_FIELD_COUNT, NULL },
      { "cmmd-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .compare = compare,
};
