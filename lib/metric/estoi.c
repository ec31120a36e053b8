/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ESTOI: the same where noise comes and goes (Jensen and Taal, "An algorithm for predicting the
 * intelligibility of speech masked by modulated noise maskers", IEEE/ACM TASLP 2016): of a segment,
 * each band and then each piece is brought to mean 0 and length 1, and the pieces' correlations are
 * what counts. */
#include "intelligibility.h"

#include <math.h>

#define BANDS GEN_INTELLIGIBILITY_BANDS
#define PIECES GEN_INTELLIGIBILITY_PIECES

/* `n` numbers that lie `step` apart; without any change, they become 0. */
static void
normalize (double *numbers, int n, int step)
{
  double sum = 0, squares = 0;

  for (int i = 0; i < n; i++)
    sum += numbers[i * step];
  for (int i = 0; i < n; i++) {
    numbers[i * step] -= sum / n;
    squares += numbers[i * step] * numbers[i * step];
  }
  for (int i = 0; i < n; i++)
    numbers[i * step] = squares > 0 ? numbers[i * step] / sqrt (squares) : 0;
}

static void
normalize_segment (GenIntelligibilitySegment segment)
{
  for (int b = 0; b < BANDS; b++)
    normalize (segment[b], PIECES, 1);
  for (int k = 0; k < PIECES; k++)
    normalize (&segment[0][k], BANDS, PIECES);
}

static double
compare (GenIntelligibilitySegment sound, GenIntelligibilitySegment reference)
{
  double sum = 0;

  normalize_segment (sound);
  normalize_segment (reference);
  for (int b = 0; b < BANDS; b++)
    for (int k = 0; k < PIECES; k++)
      sum += sound[b][k] * reference[b][k];
  return sum / PIECES;
}

static void
estoi_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  values[0] = gen_intelligibility_mean (metric, &frame->sound, &reference->sound, compare);
}

const GenMetric gen_metric_estoi = {
  .name = "estoi",
  .medium = &gen_medium_sound,
  .summary = "Extended short-time objective intelligibility of speech (Jensen and Taal 2016)",
  .unit = "-1 to 1; 1 for equal sounds",
  .takes_long = TRUE,
  .fields = { { "estoi", GEN_FIELD_NUMBER, NULL, GEN_INTELLIGIBILITY_TOO_SHORT,
      .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = gen_intelligibility_open,
  .close = gen_intelligibility_close,
  .judge = estoi_judge,
};
