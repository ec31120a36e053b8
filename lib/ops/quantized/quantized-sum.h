/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums and products of two tensors, element by element, from bytes to bytes: what the model says in
 * DequantizeLinear, Add or Mul, perhaps Relu, and QuantizeLinear, with the roundings of each of
 * them, and so the same bytes. As a node, QuantizedSum, and behind a layer (quantized_layer.h). */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* z = ((a - a_zero) * a_scale + y) / z_scale, rounded (ties to even), + z_zero, where y is
 * (b - b_zero) * b_scale, or, where b is `numbers`, b. */
typedef struct {
  float a_scale, b_scale, z_scale;
  gint32 a_zero, b_zero, z_zero;
  gboolean a_signed, b_signed, z_signed; /* int8, not uint8 */
  gboolean numbers, multiplies, relu;
} GenQuantizedSum;

/* `rows` rows of `n` elements each; z may be a. */
GEN_PRIVATE_API void gen_quantized_sum_rows (const GenQuantizedSum *sum, const void *const *a,
    const void *const *b, void *const *z, int rows, gint64 n);

/* `n` numbers as bytes: x / scale, rounded (ties to even), + zero. */
GEN_PRIVATE_API void gen_quantized_round (
    const float *x, float scale, gint32 zero, gboolean is_signed, void *to, gint64 n);

/* Inputs of the node, all but b_scale and the zero points present. */
enum {
  GEN_QUANTIZED_SUM_A,
  GEN_QUANTIZED_SUM_B,
  GEN_QUANTIZED_SUM_A_SCALE,
  GEN_QUANTIZED_SUM_A_ZERO,
  GEN_QUANTIZED_SUM_B_SCALE,
  GEN_QUANTIZED_SUM_B_ZERO,
  GEN_QUANTIZED_SUM_Z_SCALE,
  GEN_QUANTIZED_SUM_Z_ZERO,
  GEN_QUANTIZED_SUM_INPUTS,
};
