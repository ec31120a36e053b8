/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Winograd's way for convolutions of integers: for 3 x 3 weights at stride 1, 36 products in place
 * of 144 for each square of 16 results, or 16 in place of 36 for each square of 4, and as exact.
 * They are of pairs of 16 bits, which processors with VNNI multiply half as fast as bytes. */
#pragma once

#include "../../device/integer-layer.h"
#include "quantized-layer.h"

typedef struct {
  const GenQuantizedGeometry *geometry;
  const GenIntegerLayer *layer;
  GenIntegerShape shape;                 /* of the products at one position */
  int size;                              /* results of a tile along each axis */
  gint64 tiles[2];                       /* of an item: rows and columns of them */
  gint64 block, blocks;                  /* tiles at once, and how often */
  gsize group_packed;                    /* bytes of the weights of a group */
  gsize part_size;                       /* bytes of scratch */
  gsize sums_at, results_at, nowhere_at; /* in it */
} GenQuantizedWinograd;

/* FALSE where it cannot, or need not, do the convolution, whose weights of one result, without
 * their zero points, add up to `heaviest` at most in absolute values. */
gboolean gen_quantized_winograd_init (GenQuantizedWinograd *winograd,
    const GenQuantizedGeometry *geometry, const GenIntegerShape *shape, gint64 heaviest, int parts);
/* `weights` [results][channels][9] of a group, without zero points. */
void gen_quantized_winograd_pack (
    const GenQuantizedWinograd *winograd, const gint16 *weights, void *packed);
/* Block number `block` of the group whose first result is channel `channel`: `source` and `result`
 * are its first channels', `zeros` a pixel of zero points. Pixels of the result have `result_bytes`
 * for each channel. */
void gen_quantized_winograd_run (const GenQuantizedWinograd *winograd, const GenKernel *kernel,
    gint64 channel, gint64 block, const char *source, const char *zeros, gint32 x_zero,
    const void *packed, const GenIntegerFinish *finish, char *result, gint64 result_bytes,
    void *scratch);
