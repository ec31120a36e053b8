/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * The innermost part of a convolution's gradient by its weights, in the best form that this
 * machine's vector unit takes: out[row][column] = the sum over pixels of a[pixel][row] *
 * panel[pixel][column], a tile of at most `rows` by `panel` results in registers.
 *
 * Pixels come in lines. Those of the panel lie one after the other; a pixel of `a`, which is as
 * many numbers as the tile has rows, lies `step` pixels after the one before, and a line begins
 * where `lines` says, in pixels.
 */
#define GEN_CORRELATION_MAX_ROWS 12
#define GEN_CORRELATION_MAX_PANEL 32

typedef struct {
  const float *a, *panel;
  const gint64 *lines;
  gint64 n_lines, pixels, step;
  gboolean adds; /* to what is there */
  float *out;
} GenCorrelation;

typedef struct {
  int rows, panel;
  void (*run) (int rows, const GenCorrelation *correlation);
} GenCorrelationUnit;

/* One whose panels are not wider than so many columns need. */
const GenCorrelationUnit *gen_correlation_unit (gint64 columns);
