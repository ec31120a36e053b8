/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of a few taps, as metrics of windows take them along rows and down columns. */
#pragma once

#include <glib.h>

/* Taps that filters have at most. */
#define GEN_FILTER_TAPS 17
/* Vectors of a fixed size keep sums in registers. */
#define GEN_FILTER_PIECE 16
typedef float GenFilterPiece
    __attribute__ ((vector_size (GEN_FILTER_PIECE * sizeof (float)), aligned (4), may_alias));

/* Fill `taps` with a Gaussian of that standard deviation, `count` taps whose sum is 1. */
void gen_filter_gaussian (float *taps, int count, double deviation);
/* out[x] = sum over k of taps[k] * rows[k][x], for `count` taps: along a row, rows[k] is the row
 * moved by k. */
void gen_filter_taps (const float *const rows[], const float *taps, int count, float *out, int n);
