/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics that compare sets of features share. */
#pragma once

#include "metrics.h"

#define GEN_SETS_TOO_FEW "it takes two samples at least, and two of the reference"

/* Rows from `first` on, or those of `places` where that is not NULL, `n` of them, as doubles
 * without what is between them. */
void gen_sets_read (
    const GenFeatureRows *rows, guint first, const guint32 *places, guint n, double *out);
/* Whether both have two rows at least; they are of one length then. */
gboolean gen_sets_are_enough (const GenMetricSets *sets);
