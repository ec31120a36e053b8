/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Symmetric filters of a few taps, an odd number, as metrics of windows take them along rows and
 * down columns. */
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
/* The same down columns of any number of taps, which need not be symmetric. */
void gen_filter_rows_any (
    const float *const rows[], const float *taps, int count, float *out, int n);
/* The same at every second place, of any taps: out[x] = sum over k of taps[k] * row[2 x + k], of a
 * row of 2 (n - 1) + count. */
void gen_filter_row_by_two (const float *row, const float *taps, int count, float *out, int n);
