/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention by multiplications and additions in float32. A block's threads are [16, 16]: rows of
 * four queries each by every sixteenth key, and by every sixteenth column of the results. */
#include "attention.h"
#include "reduce.h"

#define TILE GEN_ATTENTION_TILE
#define SIDE 16
#define ROWS (TILE / SIDE)
#define CHUNK 32 /* of the depth, at a time */
#define KEYS 16  /* whose values are there at a time */

/* The products of `n` queries and keys of a tile, from `depth0` on, are added to `scores`. */
template <typename T>
static __device__ inline void
load_chunk (const T *from, gint64 token, int n, int depth, float to[CHUNK][TILE + 1])
{
  const int own = threadIdx.y * SIDE + threadIdx.x;

  for (int i = own; i < TILE * CHUNK; i += SIDE * SIDE) {
    const int d = i % CHUNK, row = i / CHUNK;

    to[d][row] = row < n && d < depth ? (float)gen_load (&from[row * token + d]) : 0;
  }
}

/* Of the sixteen threads of a row. */
template <typename F>
static __device__ inline float
row_reduce (float value, F both)
{
  for (int mask = SIDE / 2; mask > 0; mask /= 2)
    value = both (value, gen_shuffle_xor (value, mask));
  return value;
}

/* blockIdx.x is the tile of queries, y that of the results' columns, z the share of the keys. */
template <typename T, int WIDTH>
__global__ void
__launch_bounds__ (SIDE *SIDE) attend_fma (GenCudaAttention a, const T *q, const T *k, const T *v,
    const void *mask, T *out, GenCudaPieces pieces)
{
  const int COLUMNS = WIDTH / SIDE;
  __shared__ float queries[CHUNK][TILE + 1], keys[CHUNK][TILE + 1];
  __shared__ float weights[TILE][TILE + 1], values[KEYS][WIDTH];
  const GenCudaAttentionBlock block (a, blockIdx.x, blockIdx.z);
  const int column0 = blockIdx.y * WIDTH, row0 = threadIdx.y * ROWS, tx = threadIdx.x;
  const int own = threadIdx.y * SIDE + threadIdx.x;
  float results[ROWS][COLUMNS] = {}, highest[ROWS], sums[ROWS] = {};

  q += a.q.at (block.item) + block.first_query * a.q.token;
  k += a.k.at (block.shared);
  v += a.v.at (block.shared) + column0;
#pragma unroll
  for (int i = 0; i < ROWS; i++)
    highest[i] = -INFINITY;
  for (int first = block.first_key; first < block.end_key; first += TILE) {
    float scores[ROWS][ROWS] = {};

    for (int d0 = 0; d0 < a.depth; d0 += CHUNK) {
      __syncthreads ();
      load_chunk (q + d0, a.q.token, a.queries - block.first_query, a.depth - d0, queries);
      load_chunk (k + first * a.k.token + d0, a.k.token, block.end_key - first, a.depth - d0, keys);
      __syncthreads ();
#pragma unroll 4
      for (int d = 0; d < CHUNK; d++)
#pragma unroll
        for (int i = 0; i < ROWS; i++)
#pragma unroll
          for (int j = 0; j < ROWS; j++)
            scores[i][j] += queries[d][row0 + i] * keys[d][tx + j * SIDE];
    }
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      float most = highest[i], keep, shift;

#pragma unroll
      for (int j = 0; j < ROWS; j++) {
        scores[i][j] = gen_attention_score (
            a, block, mask, block.first_query + row0 + i, first + tx + j * SIDE, scores[i][j]);
        most = fmaxf (most, scores[i][j]);
      }
      most = row_reduce (most, [] (float x, float y) { return fmaxf (x, y); });
      /* No key seen so far: infinity must not meet infinity. */
      shift = most == -INFINITY ? 0 : most;
      keep = exp2f (highest[i] - shift);
      highest[i] = most;
      sums[i] *= keep;
#pragma unroll
      for (int c = 0; c < COLUMNS; c++)
        results[i][c] *= keep;
#pragma unroll
      for (int j = 0; j < ROWS; j++) {
        const float weight = exp2f (scores[i][j] - shift);

        sums[i] += weight;
        weights[row0 + i][tx + j * SIDE] = weight;
      }
    }
    for (int key0 = 0; key0 < TILE; key0 += KEYS) {
      __syncthreads ();
      for (int i = own; i < KEYS * WIDTH; i += SIDE * SIDE) {
        const int column = i % WIDTH, key = first + key0 + i / WIDTH;

        values[i / WIDTH][column] = key < block.end_key && column0 + column < a.width
                                        ? (float)gen_load (&v[key * a.v.token + column])
                                        : 0;
      }
      __syncthreads ();
#pragma unroll 4
      for (int key = 0; key < KEYS; key++)
#pragma unroll
        for (int i = 0; i < ROWS; i++)
#pragma unroll
          for (int c = 0; c < COLUMNS; c++)
            results[i][c] += weights[row0 + i][key0 + key] * values[key][tx + c * SIDE];
    }
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    const float sum = row_reduce (sums[i], [] (float x, float y) { return x + y; });
    const float factor = pieces.results != NULL ? 1 : gen_attention_factor (a, sum);
    const int query = block.first_query + row0 + i;
    const size_t piece = ((size_t)block.item * a.queries + query) * a.splits + block.split;

    if (query >= a.queries)
      continue;
    if (pieces.results != NULL && tx == 0 && column0 == 0) {
      pieces.ends[2 * piece] = highest[i];
      pieces.ends[2 * piece + 1] = sum;
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
      const int column = column0 + tx + c * SIDE;

      if (column >= a.width)
        continue;
      if (pieces.results != NULL)
        pieces.results[piece * a.width + column] = results[i][c];
      else
        gen_store (
            &out[a.out.at (block.item) + query * a.out.token + column], results[i][c] * factor);
    }
  }
}

template <typename T, int WIDTH>
static void
add (GenCudaKernel *kernel, const GenCudaAttention &a, GenCudaFindPieces find)
{
  const dim3 grid (
      a.items * a.blocks.divisor, (unsigned)((a.width + WIDTH - 1) / WIDTH), (unsigned)a.splits);

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (attend_fma<T, WIDTH>, grid, dim3 (SIDE, SIDE), stream, a, k.in<T> (0),
        k.in<T> (1), k.in<T> (2), a.mask != GEN_MASK_NONE ? k.inputs[3] : NULL, k.out<T> (0),
        find (k));
  });
}

gboolean
gen_cuda_add_attention_fma (
    GenCudaKernel *kernel, const GenCudaAttention *a, GenCudaFindPieces pieces)
{
  if (a->width > 65535 * 64)
    return FALSE;
  return gen_visit_floats (kernel->output (0)->type, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (a->width <= 64)
      add<T, 64> (kernel, *a, pieces);
    else
      add<T, 128> (kernel, *a, pieces);
  });
}
