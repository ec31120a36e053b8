/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distinct-n: different rows of n words among all rows of n words, over all texts (Li et al., "A
 * diversity-promoting objective function for neural conversation models", NAACL 2016). A generator
 * that says the same in every text has less. Bad at: it falls with the number of words, so that
 * only as much text may be compared; `distinct-words` says how much there was. */
#include "row-counts.h"

static const guint lengths[GEN_ROW_COUNTS] = { 1, 2, 3 };

static void
distinct_take (gpointer metric, const GenMetricSample *sample)
{
  gen_row_counts_add (metric, &sample->sample->text, lengths);
}

static gboolean
distinct_figure (gpointer metric, double *values, GError **error)
{
  const GenRowCounts *rows = metric;

  for (guint i = 0; i < GEN_ROW_COUNTS; i++) {
    const GenCounts *counts = &rows->of[i];

    values[i] = counts->total > 0 ? MIN (gen_counts_kinds (counts) / (double)counts->total, 1)
                                  : GEN_MISSING;
  }
  values[GEN_ROW_COUNTS] = (double)rows->of[0].total;
  return TRUE;
}

const GenMetric gen_metric_distinct = {
  .name = "distinct-1",
  .known_as = (const char *const[]){ "distinct", "distinct-n", "dist-1", "dist-2", NULL },
  .medium = &gen_medium_text,
  .summary = "Different words among all words of all texts, and likewise rows of two and of three "
             "words (Li et al. 2016)",
  .unit = "share, 0 to 1",
  .fields = { { "distinct-1", GEN_FIELD_NUMBER, NULL, GEN_WORDS_NONE },
      { "distinct-2", GEN_FIELD_NUMBER, NULL, "no text has two words" },
      { "distinct-3", GEN_FIELD_NUMBER, NULL, "no text has three words" },
      { "distinct-words", GEN_FIELD_COUNT, NULL } },
  .n_fields = GEN_ROW_COUNTS + 1,
  .open = gen_row_counts_open,
  .close = gen_row_counts_close,
  .take = distinct_take,
  .figure = distinct_figure,
  .kept = gen_row_counts_kept,
  .thin = gen_row_counts_thin,
};
