/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tile-activation.h"

/**
 * The innermost part of depthwise convolutions, in the best form that this machine's vector unit
 * takes: neighbouring windows of a line by a vector of channels, each channel by itself. The taps
 * of a line of the kernel stay in registers, and what several windows read is loaded once.
 */
#define GEN_DEPTHWISE_WINDOWS 8 /* of a tile at most */

/* Of the lines of a kernel, one that lies within the picture. */
typedef struct {
  const float *source; /* the first column */
  const float *weights;
} GenDepthwiseLine;

typedef struct {
  const GenDepthwiseLine *lines;
  int n_lines;
  gint64 channel, channels; /* from `channel` on, which is added to all that is read for channels */

  /* Of each line: tap t of window w reads column + step * w + offsets[t] of `width` columns. */
  int taps;
  gboolean dense; /* offsets[t] is offsets[0] + t */
  const gint64 *offsets;
  gint64 column, step, width;
  gint64 pixel, lane; /* elements from a column to the next; of weights, from a tap to the next */

  const float *bias;  /* NULL: none */
  const float *added; /* NULL: none; lies as the result does */
  float *result;
  gint64 place; /* elements from a window's result to the next */
  GenTileActivation then;
} GenDepthwiseTile;

typedef struct {
  int width; /* the least number of channels */
  /* GEN_DEPTHWISE_WINDOWS of them, or half as many, all of whose columns exist; or one, whose
   * columns need not. Where the channels do not fill a last vector, it reaches back. */
  void (*tile) (int windows, const GenDepthwiseTile *tile);
} GenDepthwiseUnit;

/* The narrowest that has `channels`, or the widest. */
const GenDepthwiseUnit *gen_depthwise_unit (gint64 channels);
