/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entropy: how evenly words are used over all texts, -Σ p log2 p of their shares, and of rows of
 * two and of four words (Ent-n of Zhang et al., "Generating informative and diverse conversational
 * responses via adversarial information maximization", NeurIPS 2018, who take the natural
 * logarithm). Unlike distinct-n it sees how often a phrase comes. Bad at: it rises with the number
 * of words as long as new ones come, so that only as much text may be compared. */
#include "row-counts.h"

static const guint lengths[GEN_ROW_COUNTS] = { 1, 2, 4 };

static void
entropy_take (gpointer metric, const GenMetricSample *sample)
{
  gen_row_counts_add (metric, &sample->sample->text, lengths);
}

static gboolean
entropy_figure (gpointer metric, double *values, GError **error)
{
  const GenRowCounts *rows = metric;

  for (guint i = 0; i < GEN_ROW_COUNTS; i++) {
    const GenCounts *counts = &rows->of[i];

    values[i] = counts->total > 0 ? gen_counts_entropy (counts) : GEN_MISSING;
  }
  values[GEN_ROW_COUNTS] = (double)rows->of[0].total;
  return TRUE;
}

const GenMetric gen_metric_entropy = {
  .name = "entropy",
  .known_as = (const char *const[]){ "ent-n", "ent-1", "ent-2", "ent-4", NULL },
  .medium = &gen_medium_text,
  .summary = "Entropy of the shares of words over all texts, and of rows of two and of four words "
             "(Zhang et al. 2018)",
  .unit = "bits, from 0",
  .fields = { { "entropy", GEN_FIELD_NUMBER, NULL, GEN_WORDS_NONE },
      { "entropy-2", GEN_FIELD_NUMBER, NULL, "no text has two words" },
      { "entropy-4", GEN_FIELD_NUMBER, NULL, "no text has four words" },
      { "entropy-words", GEN_FIELD_COUNT, NULL } },
  .n_fields = GEN_ROW_COUNTS + 1,
  .open = gen_row_counts_open,
  .close = gen_row_counts_close,
  .take = entropy_take,
  .figure = entropy_figure,
  .kept = gen_row_counts_kept,
  .thin = gen_row_counts_thin,
};
