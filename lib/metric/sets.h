/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics that compare sets of features share. */
#pragma once

#include "metrics.h"

#define GEN_SETS_TOO_FEW "it takes two samples at least, and two of the reference"

/* Rows from `first` on, or those of `places` where that is not NULL, `n` of them, as doubles
 * without what is between them. */
void gen_sets_read (
    const GenFeatureRows *rows, guint first, const guint32 *places, guint n, double *out);
/* 1 over the power of two that is next above all features of both sets, as a float holds it: what
 * is multiplied by it has squares that are neither infinite nor 0, and no other digits. */
double gen_sets_find_scale (const GenMetricSets *sets);
/* The mean of rows that are multiplied by it, as long as their stride; about it, less cancels.
 * (transfer full) */
float *gen_sets_find_middle (const GenFeatureRows *rows, double scale);
/* Bring a row to unit length; FALSE where it has no direction, and stays 0. */
gboolean gen_sets_normalize (double *row, int length);
/* The values before anything is found, in the order of all these metrics' fields: `figures` of them
 * are missing, then come the features' name, the number of samples, and that of the reference's
 * where it `refers` to one. FALSE where either set has less than `least` rows; else they are of one
 * length. */
gboolean gen_sets_begin (
    const GenMetricSets *sets, double *values, int figures, gboolean refers, guint least);
