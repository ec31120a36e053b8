/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Winograd's way for convolutions of integers, and for the phases of transposed ones: of 3 x 3
 * weights at stride 1, 36 products in place of 144 for each square of 16 results, or 16 in place of
 * 36 for each square of 4; of 2 x 2 weights 25 in place of 64, or 9 in place of 16; and as exact.
 * They are of pairs of 16 bits, which processors with VNNI multiply half as fast as bytes. */
#pragma once

#include "../../device/integer-layer.h"
#include "quantized-layer.h"
#include "quantized-transforms.h"

typedef struct _GenQuantizedProblem GenQuantizedProblem;

typedef struct {
  const GenQuantizedGeometry *geometry;
  const GenQuantizedTransform *transform;
  const GenIntegerLayer *layer;
  GenIntegerShape shape;                 /* of the products at one position */
  gint64 block;                          /* squares at once */
  gsize group_packed;                    /* bytes of the weights of a group, for one problem */
  gsize part_size;                       /* bytes of scratch */
  gsize sums_at, results_at, nowhere_at; /* in it */
} GenQuantizedWinograd;

/* FALSE where it cannot, or need not, do the problems (GenQuantizedProblem) of a layer, whose
 * weights of one result, without their zero points, add up to `heaviest` at most in absolute
 * values. `pairs_fit`: gen_integer_pairs_fit says so of all of them. */
gboolean gen_quantized_winograd_init (GenQuantizedWinograd *winograd,
    const GenQuantizedGeometry *geometry, const GArray *problems, gint64 heaviest,
    gboolean pairs_fit, int parts);
/* How many blocks of squares there are in a problem. */
gint64 gen_quantized_winograd_blocks (
    const GenQuantizedWinograd *winograd, const GenQuantizedProblem *problem);
/* `weights` [results][channels][taps of the problem] of a group, without zero points. */
void gen_quantized_winograd_pack (
    const GenQuantizedWinograd *winograd, const gint16 *weights, void *packed);
/* Block number `block` of the group whose first result is channel `channel`: `source` and `result`
 * are its first channels', `zeros` a pixel of zero points. Pixels of the result have `result_bytes`
 * for each channel. */
void gen_quantized_winograd_run (const GenQuantizedWinograd *winograd, const GenKernel *kernel,
    const GenQuantizedProblem *problem, gint64 channel, gint64 block, const char *source,
    const char *zeros, gint32 x_zero, const void *packed, const GenIntegerFinish *finish,
    char *result, gint64 result_bytes, void *scratch);
