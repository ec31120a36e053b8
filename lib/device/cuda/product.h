/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix products on the device, by cuBLASLt. */
#pragma once

#include "cuda.h"

/* C = activation (alpha op(A) op(B) + bias [+ C]), row-major, `batch` times with the distances
 * between matrices in elements. bias has n elements. */
typedef struct {
  gint64 m, n, k;
  gboolean transpose_a, transpose_b;
  gint64 batch, a_step, b_step, c_step;
  GenDataType type; /* of all */
  GenPrecision precision;
  float alpha;
  gboolean has_bias, has_relu;
  gboolean accumulate; /* add to what C is */
} GenCudaProduct;

gboolean gen_cuda_product_open (void **handle, GError **error);
void gen_cuda_product_close (void *handle);
/* The library and its version. (transfer full) */
char *gen_cuda_product_describe (void);

/* Add the launch of a product; `operands` gives the addresses when the kernel is launched. FALSE
 * without an error where the library has nothing for it. */
typedef struct {
  const void *a, *b, *bias;
  void *c;
  const void *added, *slopes; /* convolutions */
} GenCudaOperands;
typedef std::function<GenCudaOperands (const GenCudaKernel &kernel)> GenCudaFindOperands;

gboolean gen_cuda_product_add (GenCudaKernel *kernel, const GenCudaProduct *product,
    GenCudaFindOperands operands, GError **error);
