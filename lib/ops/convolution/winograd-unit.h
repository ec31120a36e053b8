/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define GEN_WINOGRAD_MAX_SIDE 6
#define GEN_WINOGRAD_MAX_MADE 4

/* The transforms of winograd.c on the machine's vectors: of squares of 4, which make 3 by 3
 * results, and of 6, which make 4 by 4. */
typedef struct {
  /* One square: rows `row` apart, pixels and channels without gaps; place k of the result goes to
   * to + k * plane. Channels are whole vectors of 16. */
  void (*in[2]) (const float *from, gint64 row, gint64 channels, float *to, gint64 plane);
  /* One panel of products, place k at from + k * plane, to pixels of `width`. */
  void (*back[2]) (const float *from, gint64 plane, gint64 width, float *to);
} GenWinogradUnit;

const GenWinogradUnit *gen_winograd_unit (void);
