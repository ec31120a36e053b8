/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How good probabilities are: the expected calibration error over bins of equal width (Naeini,
 * Cooper and Hauskrecht 2015; Guo et al. 2017 with 15), of the probability of being real; the Brier
 * score (1950); the logarithmic loss; and the area under the curve of the receiver. */
#include <float.h>
#include <math.h>

#include <generative/calibration.h>

static double
weight_of (const GenCalibrationItems *items, gsize i)
{
  return items->weights != NULL ? items->weights[i] : 1;
}

typedef struct {
  double score, weight;
  gboolean real;
} Ranked;

static int
compare_ranked (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;

  return (x->score > y->score) - (x->score < y->score);
}

/* The weight of pairs that are in order, of all pairs; a tie is half of one. */
double
gen_reliability_auc (const GenCalibrationItems *items)
{
  g_autofree Ranked *ranked = g_new (Ranked, items->n);
  double generated = 0, real = 0, ordered = 0;

  for (gsize i = 0; i < items->n; i++)
    ranked[i] = (Ranked){ items->scores[i], weight_of (items, i), items->real[i] != 0 };
  qsort (ranked, items->n, sizeof *ranked, compare_ranked);
  for (gsize i = 0; i < items->n;) {
    double tied[2] = { 0, 0 };
    gsize k = i;

    for (; k < items->n && ranked[k].score == ranked[i].score; k++)
      tied[ranked[k].real] += ranked[k].weight;
    ordered += tied[1] * (generated + tied[0] / 2);
    generated += tied[0];
    real += tied[1];
    i = k;
  }
  return generated > 0 && real > 0 ? ordered / (generated * real) : NAN;
}

/* Of a bin, what has been summed becomes means. */
static void
find_means (GenReliability *reliability, double total)
{
  for (int i = 0; i < GEN_RELIABILITY_BINS; i++) {
    GenReliabilityBin *bin = &reliability->bins[i];

    if (bin->weight > 0)
      reliability->calibration_error += fabs (bin->probability - bin->real) / total;
    bin->probability = bin->weight > 0 ? bin->probability / bin->weight : NAN;
    bin->real = bin->weight > 0 ? bin->real / bin->weight : NAN;
  }
}

GenReliability
gen_reliability_of (const GenCalibrationItems *items)
{
  GenReliability reliability = { 0 };
  double total = 0;

  for (gsize i = 0; i < items->n; i++) {
    const double p = items->scores[i], w = weight_of (items, i), real = items->real[i] != 0;
    const int bin = CLAMP ((int)(p * GEN_RELIABILITY_BINS), 0, GEN_RELIABILITY_BINS - 1);

    total += w;
    reliability.bins[bin].weight += w;
    reliability.bins[bin].probability += w * p;
    reliability.bins[bin].real += w * real;
    reliability.brier += w * (p - real) * (p - real);
    reliability.log_loss -= w * log (CLAMP (real != 0 ? p : 1 - p, DBL_EPSILON, 1 - DBL_EPSILON));
  }
  find_means (&reliability, total);
  reliability.brier /= total;
  reliability.log_loss /= total;
  reliability.auc = gen_reliability_auc (items);
  return reliability;
}
