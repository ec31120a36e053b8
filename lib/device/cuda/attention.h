/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention without the matrix of scores, as kernels see it: a block has TILE queries of an item,
 * and meets TILE keys after the other (Milakov and Gimelshein 2018; Dao et al. 2022). Where there
 * are too few queries for all multiprocessors, keys are split, and the pieces put together. */
#pragma once

#include "types.h"
#include "walk.h"

#define GEN_ATTENTION_TILE 64
/* Scores are of base 2. */
#define GEN_ATTENTION_LOG2_E 1.44269504f

/* Where the vectors of a head lie, in elements. */
struct GenCudaHeads {
  GenDivider heads; /* of an item of the batch */
  gint64 item, head, token;

  __device__ inline gint64 at (uint32_t number) const
  {
    const uint32_t outer = heads.divide (number);

    return outer * item + (number - outer * heads.divisor) * head;
  }
};

typedef enum { GEN_MASK_NONE, GEN_MASK_BOOL, GEN_MASK_FLOAT } GenCudaMask;

struct GenCudaAttention {
  GenCudaHeads q, k, v, out;
  GenDivider blocks, group; /* tiles of queries of an item; items of Q that share one of K and V */
  uint32_t items;
  int queries, keys, depth, width, splits;
  float scale, softcap; /* softcap 0: none */
  int causal, zero_unseeing;
  gint64 past; /* keys before the first query */
  GenCudaMask mask;
  GenWalk<1> mask_items;
  gint64 mask_query, mask_key; /* strides */
};

/* Of pieces: results [items, queries, splits, width] before they are divided, and then the highest
 * score and the sum of weights of each. */
struct GenCudaPieces {
  float *results, *ends; /* NULL: there is one */
};

/* What a block is to do. */
struct GenCudaAttentionBlock {
  uint32_t item, shared; /* of Q; of K and V */
  int first_query, first_key, end_key, split;
  gint64 mask; /* where the item's begins */

  __device__ inline GenCudaAttentionBlock (const GenCudaAttention &a, uint32_t block, int split_)
  {
    item = a.blocks.divide (block);
    shared = a.group.divide (item);
    first_query = (int)(block - item * a.blocks.divisor) * GEN_ATTENTION_TILE;
    split = split_;
    mask = a.mask != GEN_MASK_NONE ? a.mask_items.offsets (item).of[0] : 0;

    const gint64 seen = first_query + GEN_ATTENTION_TILE + a.past;
    const int all = a.causal && seen < a.keys ? (seen < 0 ? 0 : (int)seen) : a.keys;
    const int tiles = (all + GEN_ATTENTION_TILE - 1) / GEN_ATTENTION_TILE;

    first_key = (int)((gint64)tiles * split / a.splits) * GEN_ATTENTION_TILE;
    end_key = (int)((gint64)tiles * (split + 1) / a.splits) * GEN_ATTENTION_TILE;
    end_key = end_key < all ? end_key : all;
  }
};

/* The score that a product gives, of base 2; minus infinity for a key that the query does not see.
 */
static __device__ inline float
gen_attention_score (const GenCudaAttention &a, const GenCudaAttentionBlock &block,
    const void *mask, int query, int key, float product)
{
  float score = a.scale * product;

  if (key >= block.end_key || (a.causal && key > query + a.past))
    return -INFINITY;
  if (a.softcap > 0)
    score = a.softcap * tanhf (score / a.softcap);
  if (a.mask != GEN_MASK_NONE && query < a.queries) {
    const gint64 at = block.mask + query * a.mask_query + key * a.mask_key;

    if (a.mask == GEN_MASK_FLOAT)
      score += ((const float *)mask)[at];
    else if (!((const uint8_t *)mask)[at])
      score = -INFINITY;
  }
  return score * GEN_ATTENTION_LOG2_E;
}

/* What results are multiplied by in the end. */
static __device__ inline float
gen_attention_factor (const GenCudaAttention &a, float sum)
{
  return sum > 0 || !a.zero_unseeing ? 1 / sum : 1;
}

/* Two ways for operands of one type, with sums in float32: by multiplications and additions; by
 * tensor cores, which take 16-bit floats and heads of up to GEN_ATTENTION_MMA_DEPTH. */
#define GEN_ATTENTION_MMA_DEPTH 128

/* Inputs 0 to 3 are Q, K, V and the mask; `pieces` gives where pieces go. */
typedef std::function<GenCudaPieces (const GenCudaKernel &kernel)> GenCudaFindPieces;

gboolean gen_cuda_add_attention_fma (
    GenCudaKernel *kernel, const GenCudaAttention *attention, GenCudaFindPieces pieces);
gboolean gen_cuda_add_attention_mma (
    GenCudaKernel *kernel, const GenCudaAttention *attention, GenCudaFindPieces pieces);
