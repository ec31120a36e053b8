/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics have at work that count rows of words: three lengths of row each, in bounded memory.
 */
#pragma once

#include "counts.h"
#include "words.h"

#define GEN_ROW_COUNTS 3

typedef struct {
  GenCounts of[GEN_ROW_COUNTS];
} GenRowCounts;

/* As GenMetric has them. */
gpointer gen_row_counts_open (const GenMetricSettings *settings);
void gen_row_counts_close (gpointer metric);
gsize gen_row_counts_kept (gpointer metric);
void gen_row_counts_thin (gpointer metric);

/* Count a text's rows: each `of` those of so many words. */
void gen_row_counts_add (
    GenRowCounts *counts, const GenText *text, const guint lengths[GEN_ROW_COUNTS]);
