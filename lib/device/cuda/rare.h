/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formulas of one or two operands of any types: one kernel for each formula, which computes in
 * double, int64 or uint64. */
#pragma once

#include "elementwise.h"
#include "number.h"

static __device__ inline GenCudaNumber
gen_cuda_number (double x)
{
  return { true, false, x, 0 };
}

static __device__ inline GenCudaNumber
gen_cuda_number (int64_t x)
{
  return { false, false, 0, x };
}

static __device__ inline GenCudaNumber
gen_cuda_number (uint64_t x)
{
  return { false, true, 0, (int64_t)x };
}

static __device__ inline GenCudaNumber
gen_cuda_number (bool x)
{
  return { false, false, 0, x };
}

template <typename F>
__global__ void
gen_rare_kernel (F f, GenWalk<2> walk, GenDataType x_type, const void *x, GenDataType y_type,
    const void *y, GenDataType type, void *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const GenOffsets<2> at = walk.offsets (i);
    const GenCudaNumber a = gen_cuda_load_number (x_type, x, at.of[0]);
    const GenCudaNumber b = gen_cuda_load_number (y_type, y, at.of[1]);
    GenCudaNumber result;

    if (a.is_float || b.is_float)
      result = gen_cuda_number (f (gen_cuda_real<double> (a), gen_cuda_real<double> (b)));
    else if (a.is_unsigned)
      result = gen_cuda_number (f ((uint64_t)a.integer, (uint64_t)b.integer));
    else
      result = gen_cuda_number (f (a.integer, b.integer));
    gen_cuda_store_number (type, result, out, i);
  }
}

/* Of the node's first two inputs; of one input alone, `function` gets it twice. */
template <int OPERANDS, typename F>
static gboolean
gen_add_rare (GenCudaKernel *kernel, F function)
{
  const guint second = OPERANDS - 1;
  const GenDataType x_type = kernel->input (0)->type, y_type = kernel->input (second)->type;
  const GenDataType type = kernel->output (0)->type;
  const gsize n = gen_cuda_elements (kernel->output (0));
  GenWalk<OPERANDS> found;
  GenWalk<2> walk;

  if (!gen_cuda_is_number (x_type) || !gen_cuda_is_number (y_type) || !gen_cuda_is_number (type))
    return FALSE;
  if (n == 0)
    return TRUE;
  if (!gen_walk_init (&found, kernel->node))
    return FALSE;
  walk.rank = found.rank;
  for (int i = 0; i < found.rank; i++) {
    walk.dims[i] = found.dims[i];
    walk.strides[0][i] = found.strides[0][i];
    walk.strides[1][i] = found.strides[second][i];
  }
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (gen_rare_kernel<F>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, function, walk,
        x_type, k.inputs[0], y_type, k.inputs[second], type, k.outputs[0], n);
  });
  return TRUE;
}
