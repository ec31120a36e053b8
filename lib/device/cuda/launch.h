/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting kernels. Everything goes through one function instead of the compiler's own brackets,
 * so that the same source also builds for the processor (tests/emulation). */
#pragma once

#include <cuda_runtime.h>

#ifdef GEN_CUDA_EMULATION
#include "emulation.h"
#endif

/* Threads of a block where a kernel has no wish of its own. */
#define GEN_CUDA_BLOCK 256

/* A parameter as the kernel declares it, whatever is given. */
template <typename T> struct GenCudaExactly {
  typedef T Type;
};

template <typename... Parameters>
static inline void
gen_cuda_launch (void (*kernel) (Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
    typename GenCudaExactly<Parameters>::Type... arguments)
{
#ifdef GEN_CUDA_EMULATION
  emulation_launch (grid, block, stream, [=] { kernel (arguments...); });
#else
  void *addresses[] = { (void *)&arguments... };

  cudaLaunchKernel ((const void *)kernel, grid, block, addresses, 0, stream);
#endif
}

/* Blocks for `n` items, one a thread. A kernel of this kind strides through what is more than the
 * largest grid. */
static inline dim3
gen_cuda_grid (size_t n, int block = GEN_CUDA_BLOCK)
{
  const size_t most = 1u << 20, blocks = (n + block - 1) / block;

  return dim3 ((unsigned)(blocks < 1 ? 1 : blocks < most ? blocks : most));
}

/* The items of a thread: `for (GEN_CUDA_EACH (i, n))`. */
#define GEN_CUDA_EACH(i, n)                                                                        \
  size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x;                                        \
  i < (n);                                                                                         \
  i += gridDim.x * (size_t)blockDim.x
