/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of ScaledDotProductAttention: where all lies, and which way to take
 * (lib/device/cuda/attention.h). */
#include "../../device/cuda/attention.h"

#include <string.h>

G_BEGIN_DECLS
#include "scaled-dot-product-attention.h"
G_END_DECLS

enum { Q, K, V, MASK };

/* Keys of a piece, at least. */
#define LEAST_KEYS 256
#define MOST_SPLITS 64

/* The pieces of each result put together. */
template <typename T>
__global__ void
join_pieces (GenCudaAttention a, GenDivider columns, GenCudaPieces pieces, T *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t row = columns.divide ((uint32_t)i), column = (uint32_t)i - row * a.width;
    const uint32_t item = row / a.queries, query = row - item * a.queries;
    const float *ends = pieces.ends + (size_t)row * a.splits * 2;
    const float *results = pieces.results + (size_t)row * a.splits * a.width + column;
    float most = -INFINITY, sum = 0, result = 0;

    for (int k = 0; k < a.splits; k++)
      most = fmaxf (most, ends[2 * k]);
    for (int k = 0; k < a.splits; k++) {
      const float weight = exp2f (ends[2 * k] - (most == -INFINITY ? 0 : most));

      sum += weight * ends[2 * k + 1];
      result += weight * results[(size_t)k * a.width];
    }
    gen_store (&out[a.out.at (item) + query * a.out.token + column],
        result * gen_attention_factor (a, sum));
  }
}

static GenCudaHeads
heads_of (const GenAttentionPlace *place)
{
  return { GenDivider ((uint32_t)place->heads), place->item, place->head, place->token };
}

/* How often keys are split, so that there are blocks for all multiprocessors. */
static int
choose_splits (const GenCudaKernel *kernel, gint64 blocks, gint64 keys)
{
  const gint64 wanted = 2 * (gint64)MAX (kernel->device->multiprocessors, 1) / MAX (blocks, 1);

  return (int)CLAMP (MIN (wanted, keys / LEAST_KEYS), 1, MOST_SPLITS);
}

/* FALSE where it is too large, or its mask is of another type. */
static gboolean
describe (const GenCudaKernel *kernel, const GenAttentionExtents *e, GenCudaAttention *a)
{
  const GenNode *node = kernel->node;
  const GenTensor *mask = kernel->input (MASK);
  const gint64 blocks = (e->queries + GEN_ATTENTION_TILE - 1) / GEN_ATTENTION_TILE;
  gint64 strides[1][GEN_MAX_RANK];
  const int rank = e->scores.rank;

  if (e->items * blocks > GEN_WALK_MAX || e->items * e->queries * e->width > GEN_WALK_MAX ||
      e->keys > GEN_WALK_MAX / 2 || e->depth > GEN_WALK_MAX / 2)
    return FALSE;
  if (mask != NULL && mask->type != GEN_TYPE_FLOAT32 && mask->type != GEN_TYPE_BOOL)
    return FALSE;
  *a = {};
  a->q = heads_of (&e->q);
  a->k = heads_of (&e->k);
  a->v = heads_of (&e->v);
  a->out = heads_of (&e->out);
  a->blocks = GenDivider ((uint32_t)blocks);
  a->group = GenDivider ((uint32_t)e->group);
  a->items = (uint32_t)e->items;
  a->queries = (int)e->queries;
  a->keys = (int)e->keys;
  a->depth = (int)e->depth;
  a->width = (int)e->width;
  a->splits = choose_splits (kernel, e->items * blocks, e->keys);
  a->scale = gen_node_float (node, "scale", 1);
  a->softcap = gen_node_float (node, "softcap", 0);
  a->causal = gen_node_int (node, "causal", 0) != 0;
  a->past = gen_node_int (node, "past", 0);
  a->zero_unseeing = gen_node_int (node, "zero_unseeing", 0) != 0;
  if (mask == NULL)
    return TRUE;
  a->mask = mask->type == GEN_TYPE_BOOL ? GEN_MASK_BOOL : GEN_MASK_FLOAT;
  gen_tensor_broadcast_strides (mask, &e->scores, strides[0]);
  a->mask_query = strides[0][rank - 2];
  a->mask_key = strides[0][rank - 1];
  return gen_walk_set<1> (&a->mask_items, rank - 2, e->scores.dims, strides);
}

static void
add_join (GenCudaKernel *kernel, const GenCudaAttention &a, GenCudaFindPieces find)
{
  const gsize n = gen_cuda_elements (kernel->output (0));

  gen_visit_floats (kernel->output (0)->type, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (join_pieces<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, a,
          GenDivider ((uint32_t)a.width), find (k), k.out<T> (0), n);
    });
  });
}

static gboolean
attention (GenCudaKernel *kernel, GError **error)
{
  GenCudaFindPieces find = [] (const GenCudaKernel &) { return GenCudaPieces{}; };
  GenAttentionExtents e;
  GenCudaAttention a;

  if (!gen_attention_extents_init (&e, kernel->node, error) || !describe (kernel, &e, &a))
    return FALSE;
  if (gen_cuda_elements (kernel->output (0)) == 0)
    return TRUE;
  if (a.splits > 1) {
    const gsize pieces = (gsize)e.items * e.queries * a.splits;
    const gsize results = kernel->reserve (pieces * e.width * sizeof (float));
    const gsize ends = kernel->reserve (pieces * 2 * sizeof (float));

    find = [=] (const GenCudaKernel &k) -> GenCudaPieces {
      return { (float *)((char *)k.scratch + results), (float *)((char *)k.scratch + ends) };
    };
  }
  if (!gen_cuda_add_attention_mma (kernel, &a, find) &&
      !gen_cuda_add_attention_fma (kernel, &a, find))
    return FALSE;
  if (a.splits > 1)
    add_join (kernel, a, find);
  return TRUE;
}

extern const GenCudaOperator gen_cuda_scaled_dot_product_attention_operators[] = {
  /* The mask stays as wide as it is: what hides a key may be no 16-bit float. */
  { "ScaledDotProductAttention", "generative", attention, 7, 1 },
  {},
};
