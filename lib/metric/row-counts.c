/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "row-counts.h"

gpointer
gen_row_counts_open (const GenMetricSettings *settings)
{
  GenRowCounts *counts = g_new (GenRowCounts, 1);

  for (guint i = 0; i < GEN_ROW_COUNTS; i++)
    gen_counts_init (&counts->of[i]);
  return counts;
}

void
gen_row_counts_close (gpointer metric)
{
  GenRowCounts *counts = metric;

  for (guint i = 0; i < GEN_ROW_COUNTS; i++)
    gen_counts_clear (&counts->of[i]);
  g_free (counts);
}

gsize
gen_row_counts_kept (gpointer metric)
{
  const GenRowCounts *counts = metric;
  gsize bytes = 0;

  for (guint i = 0; i < GEN_ROW_COUNTS; i++)
    bytes += gen_counts_bytes (&counts->of[i]);
  return bytes;
}

void
gen_row_counts_thin (gpointer metric)
{
  GenRowCounts *counts = metric;

  for (guint i = 0; i < GEN_ROW_COUNTS; i++)
    gen_counts_thin (&counts->of[i]);
}

void
gen_row_counts_add (GenRowCounts *counts, const GenText *text, const guint lengths[GEN_ROW_COUNTS])
{
  GenWords words;

  gen_words_init (&words, text);
  while (gen_words_next (&words))
    for (guint i = 0; i < GEN_ROW_COUNTS; i++)
      if (words.read >= lengths[i])
        gen_counts_add (&counts->of[i], words.rows[lengths[i] - 1]);
}
