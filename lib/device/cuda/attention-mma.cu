/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention by tensor cores, for 16-bit floats. Each of a block's four warps has sixteen queries,
 * whose scores never leave its registers: as results of the first product they are where the
 * second takes its operand from. */
#include "attention.h"
#include "elementwise.h"
#include "mma.h"
#include "reduce.h"

#define TILE GEN_ATTENTION_TILE
#define WARPS 4
#define THREADS (32 * WARPS)
#define ROWS 16 /* of a warp */
#define PACK 8  /* elements of 16 bytes */
#define GAP 8   /* between rows in shared memory, so that eight of them are in all banks */
#define SCORES (TILE / 8) /* columns of eight scores */

/* Rows of a tile, with zeros beyond those that there are. */
template <typename T, int P>
static __device__ inline void
load_tile (const T *from, gint64 token, int rows, int columns, bool whole, T to[TILE][P + GAP])
{
  for (int i = threadIdx.x; i < TILE * (P / PACK); i += THREADS) {
    const int row = i / (P / PACK), column = i % (P / PACK) * PACK;
    const T *source = from + row * token + column;
    GenPack<T, PACK> pack;

    if (whole && row < rows && column < columns) {
      *(GenPack<T, PACK> *)&to[row][column] = *(const GenPack<T, PACK> *)source;
      continue;
    }
    for (int k = 0; k < PACK; k++)
      if (row < rows && column + k < columns)
        pack.at[k] = source[k];
      else
        gen_store (&pack.at[k], 0.0f);
    *(GenPack<T, PACK> *)&to[row][column] = pack;
  }
}

/* Which row and column of [16, 16] the thread gives the address of: four matrices, the second below
 * the first, the others to the right. */
static __device__ inline int
matrix_row (int lane)
{
  return lane % 16;
}

static __device__ inline int
matrix_column (int lane)
{
  return lane / 16 * 8;
}

static __device__ inline float
larger (float x, float y)
{
  return fmaxf (x, y);
}

/* Of the four threads of a row. */
template <typename F>
static __device__ inline float
row_reduce (float value, F both)
{
  value = both (value, gen_shuffle_xor (value, 1));
  return both (value, gen_shuffle_xor (value, 2));
}

/* A row of a thread's scores, every second pair, from `half` on, becomes weights. */
template <int P>
static __device__ inline void
weigh (float scores[SCORES][4], int half, float *highest, float *sum, float results[P / 8][4])
{
  const int i = 2 * half;
  float most = *highest, shift, keep;

  for (int j = 0; j < SCORES; j++)
    most = fmaxf (most, fmaxf (scores[j][i], scores[j][i + 1]));
  most = row_reduce (most, larger);
  /* No key seen so far: infinity must not meet infinity. */
  shift = most == -INFINITY ? 0 : most;
  keep = exp2f (*highest - shift);
  *highest = most;
  *sum *= keep;
  for (int j = 0; j < P / 8; j++) {
    results[j][i] *= keep;
    results[j][i + 1] *= keep;
  }
  for (int j = 0; j < SCORES; j++) {
    scores[j][i] = exp2f (scores[j][i] - shift);
    scores[j][i + 1] = exp2f (scores[j][i + 1] - shift);
    *sum += scores[j][i] + scores[j][i + 1];
  }
}

/* Store a row of the results. */
template <typename T, int P>
static __device__ inline void
store (const GenCudaAttention &a, const GenCudaAttentionBlock &block, GenCudaPieces pieces,
    int query, int half, float highest, float sum, const float results[P / 8][4], T *out)
{
  const int quad = threadIdx.x % 4;
  const float factor = pieces.results != NULL ? 1 : gen_attention_factor (a, sum);
  const size_t piece = ((size_t)block.item * a.queries + query) * a.splits + block.split;

  if (query >= a.queries)
    return;
  if (pieces.results != NULL && quad == 0) {
    pieces.ends[2 * piece] = highest;
    pieces.ends[2 * piece + 1] = sum;
  }
#pragma unroll
  for (int j = 0; j < P / 8; j++)
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int column = j * 8 + 2 * quad + i;

      if (column >= a.width)
        continue;
      if (pieces.results != NULL)
        pieces.results[piece * a.width + column] = results[j][2 * half + i];
      else
        gen_store (&out[a.out.at (block.item) + query * a.out.token + column],
            results[j][2 * half + i] * factor);
    }
}

/* P is the depth and the width, or more. blockIdx.x is the tile of queries, z the share of the
 * keys. */
template <typename T, int P>
__global__ void
__launch_bounds__ (THREADS) attend_mma (GenCudaAttention a, bool whole, const T *q, const T *k,
    const T *v, const void *mask, T *out, GenCudaPieces pieces)
{
  __shared__ __align__ (16) T keys[TILE][P + GAP], values[TILE][P + GAP];
  const GenCudaAttentionBlock block (a, blockIdx.x, blockIdx.z);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int query = block.first_query + warp * ROWS + lane / 4;
  float results[P / 8][4] = {}, highest[2] = { -INFINITY, -INFINITY }, sums[2] = {};
  uint32_t queries[P / 16][4];

  k += a.k.at (block.shared);
  v += a.v.at (block.shared);
  load_tile<T, P> (q + a.q.at (block.item) + block.first_query * a.q.token, a.q.token,
      a.queries - block.first_query, a.depth, whole, keys);
  __syncthreads ();
#pragma unroll
  for (int d = 0; d < P / 16; d++)
    gen_mma_load (
        queries[d], &keys[warp * ROWS + matrix_row (lane)][d * 16 + matrix_column (lane)], false);
  for (int first = block.first_key; first < block.end_key; first += TILE) {
    float scores[SCORES][4] = {};

    __syncthreads ();
    load_tile<T, P> (k + first * a.k.token, a.k.token, block.end_key - first, a.depth, whole, keys);
    load_tile<T, P> (
        v + first * a.v.token, a.v.token, block.end_key - first, a.width, whole, values);
    __syncthreads ();
#pragma unroll
    for (int d = 0; d < P / 16; d++)
#pragma unroll
      for (int j = 0; j < SCORES; j += 2) {
        uint32_t b[4];

        /* The second matrix is to the right of the first, the others are below. */
        gen_mma_load (b, &keys[j * 8 + lane / 16 * 8 + lane % 8][d * 16 + lane / 8 % 2 * 8], false);
        gen_mma<T> (scores[j], queries[d], b[0], b[1]);
        gen_mma<T> (scores[j + 1], queries[d], b[2], b[3]);
      }
#pragma unroll
    for (int j = 0; j < SCORES; j++)
#pragma unroll
      for (int i = 0; i < 4; i++)
        scores[j][i] = gen_attention_score (a, block, mask, query + i / 2 * 8,
            first + j * 8 + 2 * (lane % 4) + i % 2, scores[j][i]);
    weigh<P> (scores, 0, &highest[0], &sums[0], results);
    weigh<P> (scores, 1, &highest[1], &sums[1], results);
#pragma unroll
    for (int key = 0; key < TILE / 16; key++) {
      const float *left = scores[2 * key], *right = scores[2 * key + 1];
      const uint32_t weights[4] = { gen_mma_pair<T> (left[0], left[1]),
        gen_mma_pair<T> (left[2], left[3]), gen_mma_pair<T> (right[0], right[1]),
        gen_mma_pair<T> (right[2], right[3]) };

#pragma unroll
      for (int j = 0; j < P / 8; j += 2) {
        uint32_t b[4];

        gen_mma_load (b, &values[key * 16 + matrix_row (lane)][j * 8 + matrix_column (lane)], true);
        gen_mma<T> (results[j], weights, b[0], b[1]);
        gen_mma<T> (results[j + 1], weights, b[2], b[3]);
      }
    }
  }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const float sum = row_reduce (sums[half], [] (float x, float y) { return x + y; });

    store<T, P> (a, block, pieces, query + half * 8, half, highest[half], sum, results, out);
  }
}

/* Whether all packs of a row are there or not, and lie on borders of 16 bytes. */
static gboolean
is_whole (const GenCudaAttention &a)
{
  for (const GenCudaHeads *heads : { &a.q, &a.k, &a.v })
    if (heads->item % PACK != 0 || heads->head % PACK != 0 || heads->token % PACK != 0)
      return FALSE;
  return a.depth % PACK == 0 && a.width % PACK == 0;
}

template <typename T, int P>
static void
add (GenCudaKernel *kernel, const GenCudaAttention &a, GenCudaFindPieces find)
{
  const dim3 grid (a.items * a.blocks.divisor, 1, (unsigned)a.splits);
  const gboolean whole = is_whole (a);

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (attend_mma<T, P>, grid, THREADS, stream, a, whole != FALSE, k.in<T> (0),
        k.in<T> (1), k.in<T> (2), a.mask != GEN_MASK_NONE ? k.inputs[3] : NULL, k.out<T> (0),
        find (k));
  });
}

template <typename T>
static void
add_any (GenCudaKernel *kernel, const GenCudaAttention &a, GenCudaFindPieces pieces)
{
  if (MAX (a.depth, a.width) <= 64)
    add<T, 64> (kernel, a, pieces);
  else
    add<T, GEN_ATTENTION_MMA_DEPTH> (kernel, a, pieces);
}

gboolean
gen_cuda_add_attention_mma (
    GenCudaKernel *kernel, const GenCudaAttention *a, GenCudaFindPieces pieces)
{
  const GenDataType type = kernel->output (0)->type;

  if (MAX (a->depth, a->width) > GEN_ATTENTION_MMA_DEPTH || kernel->device->capability < 80)
    return FALSE;
  if (type == GEN_TYPE_FLOAT16)
    add_any<__half> (kernel, *a, pieces);
  else if (type == GEN_TYPE_BFLOAT16)
    add_any<__nv_bfloat16> (kernel, *a, pieces);
  return type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16;
}
