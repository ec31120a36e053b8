/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GroupQueryAttention of the domain com.microsoft, as decoders of text have it: causal attention of
 * several heads of queries to one of keys, with positions turned in and keys and values of before.
 *
 * Lengths are those of the tensors: what is behind an item's own length (seqlens_k) in a prompt is
 * seen by nobody before it, and its rows are of no use to anybody. A past is taken of one item
 * alone, for those of several may be of different lengths within one tensor. */
#include <math.h>

#include "../microsoft.h"

enum { QUERY, KEY, VALUE, PAST_KEY, PAST_VALUE, LENGTHS, TOTAL, COSINES, SINES, POSITIONS, BIAS };

typedef struct {
  GenGraph *graph;
  GenNode *node;
  gint64 batch, queries, past, heads, groups, depth; /* `groups` heads of keys */
} Writing;

static GenTensor *
slice (const Writing *w, GenTensor *x, gint64 axis, gint64 first, gint64 end, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (w->graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (w->graph, &first, 1), gen_graph_ints (w->graph, &end, 1),
          gen_graph_ints (w->graph, &axis, 1) },
      4, 1, error, NULL);
}

static gboolean
read_extents (Writing *w, GError **error)
{
  const GenNode *node = w->node;
  const GenShape *q = &gen_node_input (node, QUERY)->shape;
  const GenTensor *key = gen_node_input (node, KEY), *past = gen_node_input (node, PAST_KEY);
  gint64 total;
  int n;

  w->heads = gen_node_int (node, "num_heads", 0);
  w->groups = gen_node_int (node, "kv_num_heads", 0);
  if (q->rank != 3 || w->heads < 1 || w->groups < 1 || w->heads % w->groups != 0 ||
      (key == NULL) != (gen_node_input (node, VALUE) == NULL))
    return gen_node_error (node, error, "its queries and heads do not fit each other");
  w->batch = q->dims[0];
  w->queries = q->dims[1];
  w->depth = q->dims[2] / (key != NULL ? w->heads : w->heads + 2 * w->groups);
  if (w->depth * (key != NULL ? w->heads : w->heads + 2 * w->groups) != q->dims[2] ||
      w->depth < 1 ||
      (key != NULL && (key->shape.rank != 3 || key->shape.dims[1] != w->queries ||
                          key->shape.dims[2] != w->groups * w->depth)))
    return gen_node_error (node, error, "its queries, keys and heads do not fit each other");
  if ((past == NULL) != (gen_node_input (node, PAST_VALUE) == NULL) ||
      (past != NULL && past->shape.rank != 4))
    return gen_node_error (node, error, "past keys and values must both be there");
  w->past = past != NULL ? past->shape.dims[2] : 0;
  if (w->past > 0 && w->batch > 1)
    return gen_node_error (node, error, "a past is supported of one item alone");
  if (w->past == 0)
    return TRUE;
  if (!gen_tensor_ints (gen_node_input (node, TOTAL), &total, 1, &n) || n != 1)
    return gen_node_error (
        node, error, "total_sequence_length must be known before it runs where there is a past");
  return total == w->past + w->queries ||
         gen_node_error (node, error,
             "%" G_GINT64_FORMAT " positions in all are not the %" G_GINT64_FORMAT
             " of the past and %" G_GINT64_FORMAT " new ones: shared buffers are not supported",
             total, w->past, w->queries);
}

static gboolean
check (const GenNode *node, GError **error)
{
  static const char *const unsupported[] = { "smooth_softmax", "qk_output", "sliding_window_cache",
    "kv_cache_bit_width" };

  for (guint i = 0; i < G_N_ELEMENTS (unsupported); i++)
    if (gen_node_int (node, unsupported[i], 0) > 0)
      return gen_node_error (node, error, "%s is not supported", unsupported[i]);
  for (guint i = BIAS + 1; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      return gen_node_error (node, error, "its input %u is not supported", i);
  return gen_node_output (node, 3) == NULL ||
         gen_node_error (node, error, "its output 3 is not supported");
}

/* [batch, length, heads * depth], its pairs turned by their positions, which go on from the past.
 */
static GenTensor *
turn (const Writing *w, GenTensor *x, gint64 heads, GError **error)
{
  const GenNode *node = w->node;
  GenTensor *caches[2], *positions = gen_node_input (node, POSITIONS);

  if (x == NULL || gen_node_int (node, "do_rotary", 0) == 0)
    return x;
  for (int i = 0; i < 2; i++) {
    GenTensor *cache = gen_node_input (node, COSINES + i);

    if (cache == NULL || cache->shape.rank != 2) {
      gen_node_error (node, error, "do_rotary needs cosines and sines of 2 dimensions");
      return NULL;
    }
    caches[i] = cache;
    if (positions != NULL)
      continue;
    cache = slice (w, cache, 0, w->past, w->past + w->queries, error);
    if (cache == NULL)
      return NULL;
    caches[i] = gen_binary (w->graph, "Expand", cache,
        gen_graph_ints (
            w->graph, (gint64[]){ w->batch, cache->shape.dims[0], cache->shape.dims[1] }, 3),
        error);
    if (caches[i] == NULL)
      return NULL;
  }
  return gen_graph_op (w->graph, "RotaryEmbedding",
      (GenTensor *[]){ x, caches[0], caches[1], positions }, positions != NULL ? 4 : 3, 1, error,
      "num_heads", GEN_INT, (int)heads, "rotary_embedding_dim", GEN_INT,
      2 * (int)caches[0]->shape.dims[caches[0]->shape.rank - 1], "interleaved", GEN_INT,
      (int)gen_node_int (node, "rotary_interleaved", 0), NULL);
}

/* As [batch, heads, length, depth]. */
static GenTensor *
split_heads (const Writing *w, GenTensor *x, gint64 heads, GError **error)
{
  const gint64 shape[] = { 0, 0, heads, -1 };

  x = gen_binary (w->graph, "Reshape", x, gen_graph_ints (w->graph, shape, 4), error);
  return gen_build_transpose (w->graph, x, (gint64[]){ 0, 2, 1, 3 }, error);
}

static GenTensor *
join_past (const Writing *w, GenTensor *past, GenTensor *x, GError **error)
{
  if (past == NULL || x == NULL)
    return x;
  return gen_graph_op (
      w->graph, "Concat", (GenTensor *[]){ past, x }, 2, 1, error, "axis", GEN_INT, 2, NULL);
}

/* Keys that are too far back, [queries, keys]; `bias` itself where there is no window. */
static GenTensor *
add_window (const Writing *w, GenTensor *bias, GError **error)
{
  gint64 window = gen_node_int (w->node, "local_window_size", -1), keys = w->past + w->queries;
  GenTensor *far;
  float *values;

  if (window < 1)
    return bias;
  values = g_new0 (float, w->queries *keys);
  for (gint64 q = 0; q < w->queries; q++)
    for (gint64 k = 0; k + window <= w->past + q; k++)
      values[q * keys + k] = -INFINITY;
  far = gen_graph_add_constant (w->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (w->queries, keys),
      g_bytes_new_take (values, w->queries * keys * sizeof *values));
  return bias != NULL ? gen_binary (w->graph, "Add", bias, far, error) : far;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  Writing w = { .graph = node->graph, .node = node };
  GenTensor *q = gen_node_input (node, QUERY), *k = gen_node_input (node, KEY);
  GenTensor *v = gen_node_input (node, VALUE), *bias = gen_node_input (node, BIAS), *y;
  float scale = gen_node_float (node, "scale", 0);
  gint64 own, other;

  if (!check (node, error) || !read_extents (&w, error))
    return FALSE;
  own = w.heads * w.depth;
  other = w.groups * w.depth;
  if (k == NULL) {
    GenTensor *all = q;

    q = slice (&w, all, 2, 0, own, error);
    k = slice (&w, all, 2, own, own + other, error);
    v = slice (&w, all, 2, own + other, own + 2 * other, error);
  }
  q = split_heads (&w, turn (&w, q, w.heads, error), w.heads, error);
  k = split_heads (&w, turn (&w, k, w.groups, error), w.groups, error);
  v = split_heads (&w, v, w.groups, error);
  k = join_past (&w, gen_node_input (node, PAST_KEY), k, error);
  v = join_past (&w, gen_node_input (node, PAST_VALUE), v, error);
  if (q == NULL || k == NULL || v == NULL)
    return FALSE;
  if (gen_node_int (node, "local_window_size", -1) > 0 &&
      (bias = gen_build_cast (w.graph, add_window (&w, bias, error), q->type, error)) == NULL)
    return FALSE;
  y = gen_graph_op (w.graph, "ScaledDotProductAttention", (GenTensor *[]){ q, k, v, bias },
      bias != NULL ? 4 : 3, 1, error, "scale", GEN_FLOAT,
      scale == 0 ? 1 / sqrt ((double)w.depth) : (double)scale, "group", GEN_INT,
      (int)(w.heads / w.groups), "causal", GEN_INT, (int)gen_node_int (node, "causal", 1), "past",
      GEN_INT, (int)w.past, "softcap", GEN_FLOAT, (double)gen_node_float (node, "softcap", 0),
      NULL);
  y = gen_build_transpose (w.graph, y, (gint64[]){ 0, 2, 1, 3 }, error);
  results[0] = gen_binary (
      w.graph, "Reshape", y, gen_graph_ints (w.graph, (gint64[]){ 0, 0, -1 }, 3), error);
  if (node->outputs->len > 1)
    results[1] = k;
  if (node->outputs->len > 2)
    results[2] = v;
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (microsoft_group_query_attention, "GroupQueryAttention", 1, 17, 4,
    "Causal attention of heads in groups, with positions and a past", lower, .decides = 1 << TOTAL)
