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
  /* Of CONVOLVE, where y and what is added are spread out in larger pictures: elements from one
   * picture to the next, and from one place to the next along each axis. 0: they are packed. */
  gint64 picture_step, steps[GEN_CUDA_MAX_SPATIAL];
  GenDataType type; /* of all */
  GenPrecision precision;
  gboolean has_bias;        /* one value for each channel of the result */
  gboolean has_added;       /* a tensor as the result, before the activation */
  GenActivation activation; /* of the result; a PRelu's slopes are at most 1 */
} GenCudaConvolution;

/* Bytes of which the address of a result is a multiple. One that is spread out begins at any place
 * of a picture. */
static inline int
gen_cuda_convolution_alignment (const GenCudaConvolution *c)
{
  gint64 bytes = c->k * (gint64)gen_data_type_size (c->type);

  return c->picture_step == 0 ? 64 : (int)MIN (bytes & -bytes, 64);
}

/* Elements from the first of y to behind the last. */
static inline gsize
gen_cuda_convolution_extent (const GenCudaConvolution *c)
{
  gsize extent = c->k, pixels = c->n;

  for (int i = 0; i < c->spatial; i++) {
    extent += (c->out[i] - 1) * c->steps[i];
    pixels *= c->out[i];
  }
  return c->picture_step == 0 ? pixels * c->k : extent + (c->n - 1) * c->picture_step;
}

gboolean gen_cuda_convolution_open (void **handle, GError **error);
void gen_cuda_convolution_close (void *handle);
/* The library and its version. (transfer full) */
char *gen_cuda_convolution_describe (void);

/* Add the launch. Operands: CONVOLVE a = x, b = w, c = y; DATA a = y, b = w, c = x; WEIGHT a = x,
 * b = y, c = w. FALSE without an error where the library has nothing that does all of it: bias,
 * sum and activation can then be left to the epilogue (epilogue.h). */
gboolean gen_cuda_convolution_add (GenCudaKernel *kernel, const GenCudaConvolution *convolution,
    GenCudaFindOperands find, GError **error);
