/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions on the device, by cuDNN. */
#pragma once

#include "product.h"

typedef enum {
  GEN_CUDA_CONVOLVE,        /* y from x and w */
  GEN_CUDA_CONVOLVE_DATA,   /* x from y and w: a transposed convolution */
  GEN_CUDA_CONVOLVE_WEIGHT, /* w from x and y */
} GenCudaConvolveKind;

#define GEN_CUDA_MAX_SPATIAL 3

/* x is [n, c, in...], w [k, c / groups, kernel...], y [n, k, out...]; all channels-last in memory
 * (w: [k, kernel..., c / groups]). */
typedef struct {
  GenCudaConvolveKind kind;
  int spatial; /* 1 to 3 */
  gint64 n, c, k, groups;
  gint64 in[GEN_CUDA_MAX_SPATIAL], out[GEN_CUDA_MAX_SPATIAL], kernel[GEN_CUDA_MAX_SPATIAL];
  gint64 strides[GEN_CUDA_MAX_SPATIAL], dilations[GEN_CUDA_MAX_SPATIAL];
  gint64 before[GEN_CUDA_MAX_SPATIAL], after[GEN_CUDA_MAX_SPATIAL]; /* padding */
  GenDataType type;                                                 /* of all */
  GenPrecision precision;
  gboolean has_bias;        /* one value for each channel of the result */
  gboolean has_added;       /* a tensor as the result, before the activation */
  GenActivation activation; /* of the result; a PRelu's slopes are at most 1 */
} GenCudaConvolution;

gboolean gen_cuda_convolution_open (void **handle, GError **error);
void gen_cuda_convolution_close (void *handle);
/* The library and its version. (transfer full) */
char *gen_cuda_convolution_describe (void);

/* Add the launch. Operands: CONVOLVE a = x, b = w, c = y; DATA a = y, b = w, c = x; WEIGHT a = x,
 * b = y, c = w. FALSE without an error where the library has nothing that does all of it: bias,
 * sum and activation can then be left to the epilogue (epilogue.h). */
gboolean gen_cuda_convolution_add (GenCudaKernel *kernel, const GenCudaConvolution *convolution,
    GenCudaFindOperands find, GError **error);
