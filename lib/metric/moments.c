/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mean and covariance of a stream of vectors, in double. Vectors wait until a block of them can
 * be merged at once, as one sample with another: distances are taken from the block's mean, so
 * that nothing cancels as it would in a sum of squares, and the products are one matrix product
 * of a block, which is many times as fast as one of a vector. */
#include <generative/metric.h>

#include <cblas.h>
#include <math.h>
#include <string.h>

#define BLOCK 64

void
gen_moments_init (GenMoments *moments, int length)
{
  *moments = (GenMoments){ .length = length };
  moments->mean = g_new0 (double, length);
  moments->squares = g_new0 (double, (gsize)length *length);
  /* A row more, for the distance between the means. */
  moments->waiting = g_new (double, (gsize)(BLOCK + 1) * length);
}

void
gen_moments_clear (GenMoments *moments)
{
  g_free (moments->mean);
  g_free (moments->squares);
  g_free (moments->waiting);
  memset (moments, 0, sizeof *moments);
}

/* Chan, Golub and LeVeque's merge of n - k vectors with k more: the block's products of
 * distances from its mean, and (n - k) k / n times those of the distance between the means. */
static void
merge (GenMoments *moments)
{
  int length = moments->length, k = moments->n_waiting;
  double before = (double)moments->count - k, *between = moments->waiting + (gsize)k * length;
  double root = sqrt (before * k / (double)moments->count);

  if (k == 0)
    return;
  memset (between, 0, (gsize)length * sizeof *between);
  for (int i = 0; i < k; i++)
    cblas_daxpy (length, 1.0 / k, moments->waiting + (gsize)i * length, 1, between, 1);
  for (int i = 0; i < k; i++)
    cblas_daxpy (length, -1, between, 1, moments->waiting + (gsize)i * length, 1);
  cblas_daxpy (length, -1, moments->mean, 1, between, 1);
  cblas_daxpy (length, k / (double)moments->count, between, 1, moments->mean, 1);
  cblas_dscal (length, root, between, 1);
  cblas_dsyrk (CblasRowMajor, CblasLower, CblasTrans, length, k + 1, 1, moments->waiting, length, 1,
      moments->squares, length);
  moments->n_waiting = 0;
}

void
gen_moments_add (GenMoments *moments, const float *vector)
{
  double *row = moments->waiting + (gsize)moments->n_waiting * moments->length;

  for (int i = 0; i < moments->length; i++)
    row[i] = vector[i];
  moments->count++;
  if (++moments->n_waiting == BLOCK)
    merge (moments);
}

gboolean
gen_moments_statistics (GenMoments *moments, GenStatistics *statistics)
{
  int n = moments->length;

  *statistics = (GenStatistics){ .length = n, .count = moments->count };
  if (moments->count < 2)
    return FALSE;
  merge (moments);
  statistics->mean = g_memdup2 (moments->mean, (gsize)n * sizeof (double));
  statistics->covariance = g_new (double, (gsize)n *n);
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++)
      statistics->covariance[(gsize)i * n + j] = statistics->covariance[(gsize)j * n + i] =
          moments->squares[(gsize)i * n + j] / (double)(moments->count - 1);
  return TRUE;
}
