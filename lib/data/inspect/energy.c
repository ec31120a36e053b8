/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether two samples of vectors are of one distribution, by how far apart they are. */
#include <generative/inspection.h>

#include <math.h>
#include <string.h>

#include <generative/random.h>

#define STREAM "energy-test"

static double
distance_of (const float *a, const float *b, gsize length)
{
  double sum = 0;

  for (gsize i = 0; i < length; i++)
    sum += (a[i] - b[i]) * (double)(a[i] - b[i]);
  return sqrt (sum);
}

/* All distances of `n` vectors; the sum of them. */
static double
fill_distances (const float *const *vectors, gsize n, gsize length, float *distances)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++) {
    distances[i * n + i] = 0;
    for (gsize k = 0; k < i; k++) {
      const double distance = distance_of (vectors[i], vectors[k], length);

      distances[i * n + k] = distances[k * n + i] = (float)distance;
      sum += 2 * distance;
    }
  }
  return sum;
}

/* The sum of the distances among those of `order`. */
static double
sum_within (const float *distances, gsize n, const guint32 *order, gsize count)
{
  double sum = 0;

  for (gsize i = 0; i < count; i++) {
    const float *row = distances + order[i] * n;

    for (gsize k = 0; k < i; k++)
      sum += row[order[k]];
  }
  return 2 * sum;
}

/* 2 E|X - Y| - E|X - X'| - E|Y - Y'| where the first `n_a` of the order are X. */
static double
energy_of (const float *distances, double total, const guint32 *order, gsize n_a, gsize n_b)
{
  const double a = sum_within (distances, n_a + n_b, order, n_a);
  const double b = sum_within (distances, n_a + n_b, order + n_a, n_b);
  const double x = (double)n_a, y = (double)n_b;

  return (total - a - b) / (x * y) - a / (x * x) - b / (y * y);
}

GenEnergyTest
gen_energy_test (const float *a, gsize n_a, const float *b, gsize n_b, gsize length,
    guint permutations, guint64 seed)
{
  const gsize n = n_a + n_b;
  const GenRandom random = gen_random_new (seed, STREAM, 0);
  g_autofree const float **vectors = g_new (const float *, MAX (n, 1));
  g_autofree guint32 *order = g_new (guint32, MAX (n, 1));
  g_autofree float *distances = g_new (float, MAX (n * n, 1));
  double total, energy;
  guint as_great = 0;

  if (n_a == 0 || n_b == 0)
    return (GenEnergyTest){ .probability = 1 };
  for (gsize i = 0; i < n; i++) {
    vectors[i] = i < n_a ? a + i * length : b + (i - n_a) * length;
    order[i] = (guint32)i;
  }
  total = fill_distances (vectors, n, length, distances);
  energy = energy_of (distances, total, order, n_a, n_b);
  for (guint p = 0; p < permutations; p++) {
    gen_random_permutation (&random, p, order, (guint32)n);
    /* What is the same but for the order of sums is as great. */
    as_great += energy_of (distances, total, order, n_a, n_b) >= energy - 1e-9 * total / (double)n;
  }
  return (GenEnergyTest){ .distance = sqrt (fmax (energy, 0)),
    .probability = (1.0 + as_great) / (1.0 + permutations) };
}
