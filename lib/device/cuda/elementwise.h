/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels of one result from one, two or three operands that are broadcast together. `function` is
 * a struct with operator() on the device, for the types that its operands are computed in. */
#pragma once

#include "types.h"
#include "walk.h"

#define GEN_PACK_BYTES 16

/* Elements that a thread takes at once, so that it moves 16 bytes of the widest type. */
template <typename T, typename O> struct GenPackSize {
  static const int value =
      GEN_PACK_BYTES / (int)(sizeof (T) > sizeof (O) ? sizeof (T) : sizeof (O));
};

template <typename T, int N> struct alignas (sizeof (T) * N) GenPack
{
  T at[N];
};

/* Operand number i of a flat kernel: all elements, or one for all. */
template <typename T> struct GenFlatOperand {
  const T *data;
  int scalar;
};

template <typename T, int N>
static __device__ inline GenPack<T, N>
gen_load_pack (GenFlatOperand<T> operand, size_t pack)
{
  GenPack<T, N> result;

  if (!operand.scalar)
    return ((const GenPack<T, N> *)operand.data)[pack];
  for (int i = 0; i < N; i++)
    result.at[i] = *operand.data;
  return result;
}

/* All operands have the result's elements in the result's order, or are one. */
template <int OPERANDS, typename T, typename O, typename F>
__global__ void
gen_flat_kernel (F function, GenFlatOperand<T> x, GenFlatOperand<T> y, O *out, size_t n)
{
  const int N = GenPackSize<T, O>::value;
  const size_t packs = n / N;

  for (GEN_CUDA_EACH (i, packs)) {
    GenPack<T, N> a = gen_load_pack<T, N> (x, i), b = a;
    GenPack<O, N> result;

    if (OPERANDS > 1)
      b = gen_load_pack<T, N> (y, i);
    for (int k = 0; k < N; k++)
      gen_store (&result.at[k], function (gen_load (&a.at[k]), gen_load (&b.at[k])));
    ((GenPack<O, N> *)out)[i] = result;
  }
  for (GEN_CUDA_EACH (k, n - packs * N)) {
    size_t i = packs * N + k;

    gen_store (&out[i],
        function (gen_load (&x.data[x.scalar ? 0 : i]), gen_load (&y.data[y.scalar ? 0 : i])));
  }
}

template <typename A, typename B, typename O, typename F>
__global__ void
gen_walk_kernel (F function, GenWalk<2> walk, const A *x, const B *y, O *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    GenOffsets<2> at = walk.offsets (i);

    gen_store (&out[i], function (gen_load (&x[at.of[0]]), gen_load (&y[at.of[1]])));
  }
}

/* Functions of one operand are called with it twice. */
template <typename F> struct GenOfOne {
  F function;

  template <typename X> __device__ auto operator() (X x, X) const
  {
    return function (x);
  }
};

template <typename T, typename O, typename F>
static void
gen_add_unary (GenCudaKernel *kernel, F function)
{
  gsize n = gen_cuda_elements (kernel->output (0));

  if (n == 0)
    return;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    GenFlatOperand<T> x = { k.in<T> (0), 0 };

    gen_cuda_launch (gen_flat_kernel<1, T, O, GenOfOne<F> >,
        gen_cuda_grid (n / GenPackSize<T, O>::value + 1), GEN_CUDA_BLOCK, stream,
        GenOfOne<F>{ function }, x, x, k.out<O> (0), n);
  });
}

/* Operands 0 and 1 of the node, which have different types only where A and B do. FALSE where the
 * walk is too large. */
template <typename A, typename B, typename O, typename F>
static gboolean
gen_add_binary_mixed (GenCudaKernel *kernel, F function)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  GenWalk<2> walk;

  if (n == 0)
    return TRUE;
  if (!gen_walk_init (&walk, kernel->node))
    return FALSE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (gen_walk_kernel<A, B, O, F>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
        function, walk, k.in<A> (0), k.in<B> (1), k.out<O> (0), n);
  });
  return TRUE;
}

template <typename T, typename O, typename F>
static gboolean
gen_add_binary (GenCudaKernel *kernel, F function)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  GenWalk<2> walk;

  if (n == 0)
    return TRUE;
  if (!gen_walk_init (&walk, kernel->node))
    return FALSE;
  if (!walk.is_flat ())
    return gen_add_binary_mixed<T, T, O> (kernel, function);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    GenFlatOperand<T> x = { k.in<T> (0), walk.strides[0][0] == 0 };
    GenFlatOperand<T> y = { k.in<T> (1), walk.strides[1][0] == 0 };

    gen_cuda_launch (gen_flat_kernel<2, T, O, F>, gen_cuda_grid (n / GenPackSize<T, O>::value + 1),
        GEN_CUDA_BLOCK, stream, function, x, y, k.out<O> (0), n);
  });
  return TRUE;
}
