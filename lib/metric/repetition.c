/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repetition: the share of rows of n words in a text that have come in it before, 1 - different
 * rows / rows: seq-rep-n of Welleck et al., "Neural text generation with unlikelihood training",
 * ICLR 2020, who take n = 4, as `repetition` does. Greedy decoding shows as values near 1. Bad at:
 * long texts repeat more than short ones, also good ones. */
#include "row-counts.h"

/* Figures are in the order of how telling they are, the longest rows first. */
static const guint lengths[GEN_ROW_COUNTS] = { 4, 3, 2 };

static void
repetition_measure (gpointer metric, const GenSample *sample, double *values)
{
  GenRowCounts *rows = metric;

  gen_row_counts_add (rows, &sample->text, lengths);
  for (guint i = 0; i < GEN_ROW_COUNTS; i++) {
    GenCounts *counts = &rows->of[i];

    if (counts->total > 0)
      values[i] = MAX (1 - gen_counts_kinds (counts) / (double)counts->total, 0);
    gen_counts_reset (counts);
  }
}

const GenMetric gen_metric_repetition = {
  .name = "repetition",
  .known_as = (const char *const[]){ "rep-4", "seq-rep-4", "rep-3", "rep-2", NULL },
  .medium = &gen_medium_text,
  .summary = "Share of rows of four words in a text that have come in it before, and of three and "
             "of two (seq-rep-n of Welleck et al. 2020)",
  .unit = "share, 0 to 1",
  .fields = { { "repetition", GEN_FIELD_NUMBER, NULL, "it takes a text of four words at least" },
      { "repetition-3", GEN_FIELD_NUMBER, NULL, "it takes a text of three words at least" },
      { "repetition-2", GEN_FIELD_NUMBER, NULL, "it takes a text of two words at least" } },
  .n_fields = GEN_ROW_COUNTS,
  .open = gen_row_counts_open,
  .close = gen_row_counts_close,
  .measure = repetition_measure,
};
