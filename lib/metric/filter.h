/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of a few taps, as metrics of windows take them along rows and down columns. */
#pragma once

#include <glib.h>

/* Taps that filters have at most. */
#define GEN_FILTER_TAPS 17

/* Fill `taps` with a Gaussian of that standard deviation, `count` taps whose sum is 1. */
void gen_filter_gaussian (float *taps, int count, double deviation);
/* Down columns: out[x] = sum over k of taps[k] * rows[k][x]. */
void gen_filter_rows (const float *const rows[], const float *taps, int count, float *out, int n);
/* Along a row of n + count - 1: out[x] = sum over k of taps[k] * row[x + k]. */
void gen_filter_row (const float *row, const float *taps, int count, float *out, int n);
