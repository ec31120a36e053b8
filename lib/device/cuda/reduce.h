/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that add up, or compare, what each has found. Always in one order, so that results are
 * the same from run to run. */
#pragma once

#include <string.h>

#include "cuda.h"

#define GEN_WARP 32

/* The value of the thread that is `mask` away, for plain types of any size. */
template <typename T>
static __device__ inline T
gen_shuffle_xor (T value, int mask)
{
  unsigned words[(sizeof (T) + 3) / 4] = {};
  T result;

  memcpy (words, &value, sizeof value);
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
    words[i] = __shfl_xor_sync (0xffffffff, words[i], mask);
  memcpy (&result, words, sizeof result);
  return result;
}

/* Of all threads of a warp; each of them gets the result. */
template <typename T, typename F>
static __device__ inline T
gen_warp_reduce (T value, F both)
{
  for (int mask = GEN_WARP / 2; mask > 0; mask /= 2)
    value = both (value, gen_shuffle_xor (value, mask));
  return value;
}

/* A team is the threads of a block that differ in x: a warp, or, where there are more, the whole
 * block. Of all threads of a team; each of them gets the result. */
template <typename T, typename F>
static __device__ inline T
gen_team_reduce (T value, F both)
{
  __shared__ T warps[GEN_WARP];

  value = gen_warp_reduce (value, both);
  if (blockDim.x <= GEN_WARP)
    return value;
  __syncthreads ();
  if (threadIdx.x % GEN_WARP == 0)
    warps[threadIdx.x / GEN_WARP] = value;
  __syncthreads ();
  value = warps[0];
  for (unsigned i = 1; i < blockDim.x / GEN_WARP; i++)
    value = both (value, warps[i]);
  return value;
}

template <typename T>
static __device__ inline T
gen_team_sum (T value)
{
  return gen_team_reduce (value, [] (T a, T b) { return (T)(a + b); });
}

/* Blocks of teams for `rows` rows of `n` elements each. */
struct GenCudaTeams {
  dim3 grid, block;

  GenCudaTeams (size_t rows, size_t n)
  {
    const unsigned team = n >= 1024 ? GEN_CUDA_BLOCK : GEN_WARP, teams = GEN_CUDA_BLOCK / team;

    block = dim3 (team, teams);
    grid = gen_cuda_grid (rows, (int)teams);
  }
};

/* The rows of a team: `for (GEN_CUDA_EACH_ROW (row, rows))`. */
#define GEN_CUDA_EACH_ROW(row, rows)                                                               \
  size_t row = blockIdx.x * (size_t)blockDim.y + threadIdx.y;                                      \
  row < (rows);                                                                                    \
  row += gridDim.x * (size_t)blockDim.y

/* Threads of a block side by side for `n` columns: a power of two up to a warp. The rest of the
 * block is rows. */
static inline unsigned
gen_cuda_lanes (size_t n)
{
  unsigned lanes = 1;

  while (lanes < GEN_WARP && lanes < n)
    lanes *= 2;
  return lanes;
}

/* Of the threads of a block that have one x, the rows of a column: thread y = 0 gets the result.
 * The block has GEN_CUDA_BLOCK threads. */
template <typename T, typename F>
static __device__ inline T
gen_column_reduce (T value, F both)
{
  __shared__ T threads[GEN_CUDA_BLOCK];
  const unsigned own = threadIdx.y * blockDim.x + threadIdx.x;

  __syncthreads ();
  threads[own] = value;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads ();
    if (threadIdx.y < half)
      threads[own] = both (threads[own], threads[own + half * blockDim.x]);
  }
  return threads[threadIdx.x];
}

/* Into how many pieces, of at least `least` elements, each of `n` is to be cut, so that `blocks`
 * blocks become enough for the device. */
static inline unsigned
gen_cuda_splits (const GenCudaDevice *device, size_t blocks, size_t n, size_t least)
{
  const size_t wanted = 4 * (size_t)MAX (device->multiprocessors, 1) / MAX (blocks, 1);

  return (unsigned)MAX (MIN (MIN (wanted, n / least), 256), 1);
}
