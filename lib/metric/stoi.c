/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STOI: how intelligible speech is (Taal, Hendriks, Heusdens and Jensen 2011): the mean correlation
 * of a band's envelope with the reference's, the sound first made as loud there, and cut off where
 * it is 15 dB above. */
#include "intelligibility.h"

#include <float.h>
#include <math.h>

#define PIECES GEN_INTELLIGIBILITY_PIECES
#define CLIP 15.0

static double
norm_of (const double *row)
{
  double sum = 0;

  for (int k = 0; k < PIECES; k++)
    sum += row[k] * row[k];
  return sqrt (sum);
}

static void
take_mean_off (double *row)
{
  double sum = 0;

  for (int k = 0; k < PIECES; k++)
    sum += row[k];
  for (int k = 0; k < PIECES; k++)
    row[k] -= sum / PIECES;
}

static double
correlate (double *row, double *reference)
{
  const double scale = norm_of (reference) / (norm_of (row) + DBL_EPSILON);
  const double most = 1 + pow (10, CLIP / 20);
  double sum = 0, norms;

  for (int k = 0; k < PIECES; k++)
    row[k] = MIN (row[k] * scale, reference[k] * most);
  take_mean_off (row);
  take_mean_off (reference);
  norms = (norm_of (row) + DBL_EPSILON) * (norm_of (reference) + DBL_EPSILON);
  for (int k = 0; k < PIECES; k++)
    sum += row[k] * reference[k];
  return sum / norms;
}

static double
compare (GenIntelligibilitySegment sound, GenIntelligibilitySegment reference)
{
  double sum = 0;

  for (int b = 0; b < GEN_INTELLIGIBILITY_BANDS; b++)
    sum += correlate (sound[b], reference[b]);
  return sum / GEN_INTELLIGIBILITY_BANDS;
}

static void
stoi_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  values[0] = gen_intelligibility_mean (metric, &frame->sound, &reference->sound, compare);
}

const GenMetric gen_metric_stoi = {
  .name = "stoi",
  .medium = &gen_medium_sound,
  .summary = "Short-time objective intelligibility of speech (Taal et al. 2011)",
  .unit = "-1 to 1; 1 for equal sounds",
  .takes_long = TRUE,
  .fields = { { "stoi", GEN_FIELD_NUMBER, NULL, GEN_INTELLIGIBILITY_TOO_SHORT,
      .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = gen_intelligibility_open,
  .close = gen_intelligibility_close,
  .judge = stoi_judge,
};
