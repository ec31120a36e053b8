/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "integer-layer.h"

/* Rows of a tile: their pointers stay in registers. */
#define GEN_INTEGER_TILE_ROWS 6
#define GEN_INTEGER_TILE_STRIDE 8

/* A way to compute layers: the tiles of one vector unit, and what they want. */
struct _GenIntegerLayer {
  const char *name;
  int vector, width;  /* sums of a vector, columns of a panel */
  int group;          /* elements of a word */
  int lane;           /* bytes of packed weights for each word */
  int across;         /* 0, or words of a vector: these are of channels, and of each result alone */
  gboolean is_signed; /* sources of bytes */
  gboolean tiles;     /* AMX: rows lie one after the other, in multiples of 64 bytes */
  void (*tile) (int rows, int vectors, const void *const *pointers, gint64 taps, gint64 words,
      const char *panel, gint32 *out);
  gint32 (*sum) (const void *const *pointers, int stride, gint64 taps, gint64 words);
  void (*finish) (const GenIntegerFinish *finish, const gint32 *sums, int stride,
      const gint32 *row_sums, int rows, gint64 column, int n, void *const *results);
  void (*depthwise) (gboolean x_signed, const void *const *pointers, gint64 taps, gint64 channel,
      int n, const gint32 *weights, gint64 stride, gint32 *out);
};
