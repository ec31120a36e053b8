/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gemm-unit.h"
#include "tile-activation.h"

/**
 * The innermost part of convolutions that read the source where it lies, in the best form that this
 * machine's vector unit takes: a tile of pixels by a panel of output channels, held in registers
 * while the sum over all taps and channels runs.
 *
 * The sum is made of runs, each a tap or neighbouring ones, in which what belongs to a pixel lies
 * without a gap. A segment is a run or a piece of it.
 */
#define GEN_DIRECT_MAX_ROWS 12
#define GEN_DIRECT_MAX_WIDTH 32
#define GEN_DIRECT_MAX_DOTS 4
#define GEN_DIRECT_DOTS_ROWS 8

typedef struct {
  int run;
  gint64 begin;  /* in the run */
  gint64 offset; /* from a pixel's own place in the source */
  gint64 n;
} GenDirectSegment;

typedef struct {
  const void *weights; /* of the panel, from the first segment on */
  const char *ahead;   /* what is fetched meanwhile, `ahead_step` bytes for each two of k */
  gint64 ahead_step;
  const GenDirectSegment *segments;
  int n_segments;
  gint64 shift; /* of all places in the source */
  gint64 k;     /* dots: of all segments */

  const float *const *pixels; /* the place of each pixel */
  /* Where windows reach beyond the picture, a pointer for each run and pixel instead, those of a
   * run `table_stride` apart; NULL elsewhere. */
  const float *const *table;
  gint64 table_stride;
  const float *zeros; /* what those beyond the picture point to */

  const float *begin;  /* what the sums of a pixel begin with: */
  gint64 begin_stride; /* from one pixel to the next, 0 for a bias */
  const float *added;  /* NULL: none; else what is added, at `places` */
  float *result;       /* pixels are one after the other; or, if it `scatters`, at `places` */
  gboolean scatters;
  const gint64 *places;
  GenTileActivation then;
} GenDirectTile;

typedef struct {
  int rows, width;
  /* By the form of the weights; NULL where there is none. */
  void (*tile[GEN_GEMM_N_FORMS]) (int rows, const GenDirectTile *tile);
} GenDirectUnit;

/* The narrowest that has `columns`, or the widest. */
const GenDirectUnit *gen_direct_unit (gint64 columns);

/* Any number of pixels by at most GEN_DIRECT_MAX_DOTS channels, of which weights and bias lie one
 * channel after the other; neither adds nor activates, and results are one after the other. */
typedef void (*GenDirectDotsFunc) (int rows, int columns, const GenDirectTile *tile);
/* For segments whose lengths are multiples of `k`; NULL where there is none. */
GenDirectDotsFunc gen_direct_dots (gint64 k);
