/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many results go into one run of a model: the sizes that a pool has, how long a run of each
 * takes, and which one is best for what waits. */
#pragma once

#include "../../lib/serve/batch-policy.h"

/* 1, 2, 4 … 64, and one that somebody asks for between them. */
#define SERVE_SIZES_MAX 8

typedef struct {
  guint n;                        /* at least one */
  guint results[SERVE_SIZES_MAX]; /* of a run, in rising order; the first is 1 */
  GenRunTimes times;
} ServeSizes;

/* Runs of one. */
void serve_sizes_init (ServeSizes *sizes);
void serve_sizes_add (ServeSizes *sizes, guint results);
guint serve_sizes_largest (const ServeSizes *sizes);
/* Whether every run takes at most so many microseconds; FALSE as well where that is not known. */
gboolean serve_sizes_are_within (const ServeSizes *sizes, double microseconds);
/* The number of the size that the first run for `n` results, at least one, has, so that a
 * result takes least. */
guint serve_sizes_choose (const ServeSizes *sizes, guint n);
