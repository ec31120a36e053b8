/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The products of a walk along time, A [m, k] by weights: of float32, or of 8 bits, for which A is
 * quantised by its own range, as DynamicQuantizeLinear does it, each time. */
#pragma once

#include "../../device/gemm.h"
#include "../../device/integer-gemm.h"

typedef struct _GenCellProduct GenCellProduct;

/* Constant weights of 8 bits, [k, n]: one scale and zero point, or one for each column. */
typedef struct {
  const void *values;
  gboolean is_signed, by_column;
  const float *scales;
  const void *zeros;
} GenCellWeights;

GenCellProduct *gen_cell_product_new (const GenGemmOptions *options);
/* `scales` and `zeros` of the weights must be there as long as it is. */
GenCellProduct *gen_cell_product_new_quantized (
    gint64 m, gint64 n, gint64 k, const GenCellWeights *weights, int threads);
void gen_cell_product_free (GenCellProduct *product);
/* As of GenGemm; `b` is not looked at where the weights are constant. */
int gen_cell_product_parts (const GenCellProduct *product);
GenGemmTile gen_cell_product_tile (const GenCellProduct *product, int part, int parts);
gsize gen_cell_product_scratch_size (const GenCellProduct *product);
void gen_cell_product_run (const GenCellProduct *product, const float *a, const float *b, float *c,
    void *scratch, int part, int parts);
