/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define GEN_WINOGRAD_MAX_SIDE 6
#define GEN_WINOGRAD_MAX_MADE 4

/* The transforms of winograd.c on the machine's vectors: of squares of 4, which make 3 by 3
 * results, and of 6, which make 4 by 4; and those of weight-gradient-winograd.c, of 6. */
typedef struct {
  /* One square, B' d B: rows `row` apart, pixels `pixel`; place k of the result goes to
   * to + k * plane. */
  void (*in[2]) (
      const float *from, gint64 row, gint64 pixel, gint64 channels, float *to, gint64 plane);
  /* One panel of products, place k at from + k * plane, to pixels of `width`. */
  void (*back[2]) (const float *from, gint64 plane, gint64 width, float *to);
  /* 4 by 4 pixels of a panel, A d A', as `in` has it. */
  void (*spread) (
      const float *from, gint64 row, gint64 pixel, gint64 width, float *to, gint64 plane);
  /* One row of sums, G' d G, as `back` has it, to 3 by 3 taps of `width`. */
  void (*gather) (const float *from, gint64 plane, gint64 width, float *to);
} GenWinogradUnit;

/* For squares of so many channels, a multiple of 4. */
const GenWinogradUnit *gen_winograd_unit (gint64 channels);
