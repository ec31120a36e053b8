/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many different things come, and how often, in bounded memory. */
#pragma once

#include <glib.h>

/**
 * How many different words, or rows of them, come in a text or an endless stream, and how often
 * each. Up to GEN_COUNTS_MOST different ones the count is exact. Beyond, half of them are let go
 * of, by a bit of their hash, and each that stays stands for two, as often as it takes (adaptive
 * sampling: Wegman; Flajolet, "On adaptive sampling", Computing 1990), so that memory is bounded,
 * 16 MiB. What makes up a four-thousandth of all that had come by then stays each time, and stands
 * for itself, so that words that are frequent from the beginning do not hang on chance. One that
 * comes for the first time later does, however frequent it becomes: it is counted where its hash is
 * among those that are chosen, and then stands for as many as others. How often what stays comes is
 * known exactly, and estimates have no bias (Horvitz and Thompson 1952).
 */
#define GEN_COUNTS_MOST (1 << 19)

typedef struct {
  guint64 hash;                     /* 0: free */
  guint64 count : 56, halvings : 8; /* it stands for 2^halvings */
} GenCount;

typedef struct {
  GenCount *table;
  guint size, used; /* size: a power of two */
  guint most;       /* different ones that are kept */
  guint8 halvings;
  guint64 total;
} GenCounts;

void gen_counts_init (GenCounts *counts);
void gen_counts_clear (GenCounts *counts);
/* Begin anew. */
void gen_counts_reset (GenCounts *counts);
/* Keep half as many different ones from now on, but a thousand at least; what is frequent is then
 * what makes up twice as much. */
void gen_counts_thin (GenCounts *counts);
/* The memory that they take. */
gsize gen_counts_bytes (const GenCounts *counts);
void gen_counts_add (GenCounts *counts, guint64 hash);
/* How many different ones there are. */
double gen_counts_kinds (const GenCounts *counts);
/* The entropy of their shares, in bits; 0 where there is none. */
double gen_counts_entropy (const GenCounts *counts);
