/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax (scale * Q K' + mask) V without the matrix of scores: blocks of queries meet blocks of
 * keys, and each row keeps the largest score and the sum so far, by which what has been added up
 * is scaled when a larger one comes (Milakov and Gimelshein 2018; Dao et al. 2022). A block of
 * scores stays in a core's cache. Parts are blocks of queries. */
#include <math.h>
#include <string.h>

#include "../device/gemm.h"
#include "../simd.h"
#include "attention_scores.h"
#include "broadcast.h"
#include "mathematics.h"

#define QUERIES 64
#define KEYS 128

enum { Q, K, V, MASK };

/* Q is [batch…, queries, depth], K [batch…, keys, depth], V [batch…, keys, width]; `group` items
 * of Q's batch in a row share one of K and V. */
typedef struct {
  gint64 items, group, queries, keys, depth, width;
  GenShape scores; /* [batch…, queries, keys] */
} Extents;

static gboolean
find_extents (const GenNode *node, Extents *e, GError **error)
{
  const GenShape *q = &gen_node_input (node, Q)->shape, *k = &gen_node_input (node, K)->shape;
  const GenShape *v = &gen_node_input (node, V)->shape;
  int r = q->rank;
  GenShape both;

  if (r < 2 || k->rank != r || v->rank != r || q->dims[r - 1] != k->dims[r - 1] ||
      k->dims[r - 2] != v->dims[r - 2])
    return gen_node_error (node, error, "queries, keys and values do not fit each other");
  *e = (Extents){ .items = gen_shape_product (q, 0, r - 2),
    .group = gen_node_int (node, "group", 1),
    .queries = q->dims[r - 2],
    .keys = k->dims[r - 2],
    .depth = q->dims[r - 1],
    .width = v->dims[r - 1],
    .scores = *q };
  e->scores.dims[r - 1] = e->keys;
  if (e->group < 1 || gen_shape_product (k, 0, r - 2) != gen_shape_product (v, 0, r - 2) ||
      gen_shape_product (k, 0, r - 2) * e->group != e->items)
    return gen_node_error (node, error, "queries, keys and values have different batches");
  if (gen_node_input (node, MASK) != NULL &&
      (!gen_shape_broadcast (&e->scores, &gen_node_input (node, MASK)->shape, &both) ||
          !gen_shape_equal (&both, &e->scores)))
    return gen_node_error (node, error, "its mask does not fit the scores");
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenShape shape;
  Extents e;

  if (!gen_node_same_type (node, K, V, error) || !find_extents (node, &e, error))
    return FALSE;
  shape = gen_node_input (node, Q)->shape;
  shape.dims[shape.rank - 1] = e.width;
  gen_node_set_output (node, 0, gen_node_input (node, Q)->type, &shape);
  return TRUE;
}

typedef struct {
  Extents e;
  float scale, softcap; /* 0: none */
  gboolean causal;
  gboolean zero_unseeing; /* a query that sees no key gets zeros, else not a number */
  gint64 past;            /* keys before the first query, which causal queries see */
  gboolean mask_is_bool;
  gint64 mask_strides[GEN_MAX_RANK];
  gint64 blocks; /* of queries, of an item */
  /* By whether the block of queries, and that of keys, is the last one, which is smaller. */
  GenGemm *scores[2][2], *values[2][2];
  gsize gemm_size, part_size; /* floats */
} Attention;

/* What a part works in. */
typedef struct {
  float *scores, *added, *sums, *highest, *keep, *gemm;
} Room;

static void
attention_free (gpointer data)
{
  Attention *a = data;

  for (int i = 0; i < 4; i++) {
    g_clear_pointer (&a->scores[i / 2][i % 2], gen_gemm_free);
    g_clear_pointer (&a->values[i / 2][i % 2], gen_gemm_free);
  }
  g_free (a);
}

/* Scores stay within the cap, smoothly. */
GEN_CLONES static void
cap (float *scores, float most, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    scores[i] = most * gen_tanh (scores[i] / most);
}

/* The scores of one query, `queries` apart, and its mask. */
static void
add_mask (float *scores, gint64 queries, const float *mask, gint64 stride, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    scores[i * queries] += mask[i * stride];
}

static void
hide (float *scores, gint64 queries, const guint8 *seen, gint64 stride, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    if (!seen[i * stride])
      scores[i * queries] = -INFINITY;
}

/* Scores [keys, queries] become weights e^(score - highest). `keep` receives by what the sums and
 * results so far are to be scaled to match. */
GEN_CLONES static void
weigh (float *scores, gint64 keys, gint64 queries, float *highest, float *sums, float *keep)
{
  float most[QUERIES], shift[QUERIES];

  for (gint64 q = 0; q < queries; q++)
    most[q] = highest[q];
  for (gint64 k = 0; k < keys; k++)
    for (gint64 q = 0; q < queries; q++)
      most[q] = scores[k * queries + q] > most[q] ? scores[k * queries + q] : most[q];
  for (gint64 q = 0; q < queries; q++) {
    /* No key seen so far: every weight is 0, and infinity must not meet infinity. */
    shift[q] = most[q] == -INFINITY ? 0 : most[q];
    keep[q] = gen_exp (highest[q] - shift[q]);
    highest[q] = most[q];
    sums[q] *= keep[q];
  }
  for (gint64 k = 0; k < keys; k++)
    for (gint64 q = 0; q < queries; q++) {
      const float weight = gen_exp (scores[k * queries + q] - shift[q]);

      scores[k * queries + q] = weight;
      sums[q] += weight;
    }
}

/* out = keep * out + added, row by row. */
GEN_CLONES static void
accumulate (float *out, const float *keep, const float *added, gint64 queries, gint64 width)
{
  for (gint64 q = 0; q < queries; q++)
    for (gint64 i = 0; i < width; i++)
      out[q * width + i] = out[q * width + i] * keep[q] + added[q * width + i];
}

GEN_CLONES static void
scale_row (float *row, float factor, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    row[i] *= factor;
}

/* Mask the scores of the queries from `query` on with the keys from `first` on. */
static void
mask_scores (const GenKernel *kernel, const Attention *a, gint64 item, gint64 query, gint64 queries,
    gint64 first, gint64 keys, float *scores)
{
  const Extents *e = &a->e;
  int rank = e->scores.rank;
  gboolean masked = kernel->node->inputs->len > MASK && kernel->inputs[MASK] != NULL;
  gint64 at = 0, stride = a->mask_strides[rank - 1];

  if (a->softcap > 0)
    cap (scores, a->softcap, keys * queries);
  for (int d = rank - 3; masked && d >= 0; d--) {
    at += item % e->scores.dims[d] * a->mask_strides[d];
    item /= e->scores.dims[d];
  }
  for (gint64 q = 0; q < queries; q++) {
    gint64 from = at + (query + q) * a->mask_strides[rank - 2] + first * stride;

    if (masked && a->mask_is_bool)
      hide (scores + q, queries, (const guint8 *)kernel->inputs[MASK] + from, stride, keys);
    else if (masked)
      add_mask (scores + q, queries, (const float *)kernel->inputs[MASK] + from, stride, keys);
    for (gint64 k = MAX (query + q + a->past + 1 - first, 0); a->causal && k < keys; k++)
      scores[k * queries + q] = -INFINITY;
  }
}

static void
run_block (const GenKernel *kernel, const Attention *a, gint64 item, gint64 block, const Room *room)
{
  const Extents *e = &a->e;
  gint64 first_query = block * QUERIES, queries = MIN (QUERIES, e->queries - first_query);
  const float *q = (const float *)kernel->inputs[Q] + (item * e->queries + first_query) * e->depth;
  const float *k = (const float *)kernel->inputs[K] + item / e->group * e->keys * e->depth;
  const float *v = (const float *)kernel->inputs[V] + item / e->group * e->keys * e->width;
  float *out = (float *)kernel->outputs[0] + (item * e->queries + first_query) * e->width;
  gint64 end = a->causal ? MIN (e->keys, first_query + queries + a->past) : e->keys;

  memset (out, 0, queries * e->width * sizeof (float));
  memset (room->sums, 0, queries * sizeof (float));
  for (gint64 i = 0; i < queries; i++)
    room->highest[i] = -INFINITY;
  for (gint64 first = 0; first < end; first += KEYS) {
    gint64 keys = MIN (KEYS, e->keys - first);
    gboolean small = keys < KEYS, few = queries < QUERIES;

    gen_gemm_run (a->scores[few][small], k + first * e->depth, q, room->scores, room->gemm, 0, 1);
    mask_scores (kernel, a, item, first_query, queries, first, keys, room->scores);
    weigh (room->scores, keys, queries, room->highest, room->sums, room->keep);
    gen_gemm_run (
        a->values[few][small], room->scores, v + first * e->width, room->added, room->gemm, 0, 1);
    accumulate (out, room->keep, room->added, queries, e->width);
  }
  for (gint64 i = 0; i < queries; i++)
    if (room->sums[i] > 0 || !a->zero_unseeing)
      scale_row (out + i * e->width, 1 / room->sums[i], e->width);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Attention *a = kernel->state;
  float *own = (float *)kernel->scratch + part * a->part_size;
  Room room = { .scores = own };
  gsize first, end;

  room.added = room.scores + QUERIES * KEYS;
  room.sums = room.added + QUERIES * a->e.width;
  room.highest = room.sums + QUERIES;
  room.keep = room.highest + QUERIES;
  room.gemm = room.keep + QUERIES;
  gen_kernel_share (a->e.items * a->blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++)
    run_block (kernel, a, i / a->blocks, i % a->blocks, &room);
}

static GenGemm *
product (Attention *a, GenGemmOptions options)
{
  GenGemm *gemm;

  options.threads = 1;
  gemm = gen_gemm_new (&options);

  a->gemm_size = MAX (a->gemm_size, gen_gemm_scratch_size (gemm) / sizeof (float) + 1);
  return gemm;
}

static void
make_products (Attention *a, GenPrecision precision)
{
  const Extents *e = &a->e;
  gint64 queries[2] = { MIN (QUERIES, e->queries), e->queries % QUERIES };
  gint64 keys[2] = { MIN (KEYS, e->keys), e->keys % KEYS };

  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      if (queries[i] == 0 || keys[j] == 0)
        continue;
      /* The scores stand with the keys down, so that one vector has those of many queries. */
      a->scores[i][j] = product (a, (GenGemmOptions){ .m = keys[j],
                                        .n = queries[i],
                                        .k = e->depth,
                                        .transpose_b = TRUE,
                                        .alpha = a->scale,
                                        .precision = precision });
      a->values[i][j] = product (a, (GenGemmOptions){ .m = queries[i],
                                        .n = e->width,
                                        .k = keys[j],
                                        .transpose_a = TRUE,
                                        .alpha = 1,
                                        .precision = precision });
    }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *mask = gen_node_input (node, MASK);
  Attention *a;
  Extents e;
  int parts;

  if (gen_node_input (node, Q)->type != GEN_TYPE_FLOAT32 ||
      (mask != NULL && mask->type != GEN_TYPE_FLOAT32 && mask->type != GEN_TYPE_BOOL))
    return gen_node_error (node, error, "only float32 is supported");
  if (!find_extents (node, &e, error))
    return FALSE;
  a = g_new0 (Attention, 1);
  kernel->state = a;
  kernel->free_state = attention_free;
  a->e = e;
  a->scale = gen_node_float (node, "scale", 1);
  a->softcap = gen_node_float (node, "softcap", 0);
  a->zero_unseeing = gen_node_int (node, "zero_unseeing", 0) != 0;
  a->causal = gen_node_int (node, "causal", 0) != 0;
  a->past = gen_node_int (node, "past", 0);
  a->mask_is_bool = mask != NULL && mask->type == GEN_TYPE_BOOL;
  if (mask != NULL)
    gen_tensor_broadcast_strides (mask, &e.scores, a->mask_strides);
  a->blocks = (e.queries + QUERIES - 1) / QUERIES;
  if (e.items * a->blocks * e.width == 0)
    return TRUE;
  make_products (a, kernel->precision);
  a->part_size = (QUERIES * (KEYS + e.width + 3) + a->gemm_size + 15) & ~(gsize)15;
  parts = gen_kernel_parts (
      kernel, e.items * a->blocks, 0.03 * MIN (QUERIES, e.queries) * e.keys * (e.depth + e.width));
  kernel->scratch_size = parts * a->part_size * sizeof (float);
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  Extents e;

  return find_extents (node, &e, NULL) ? 2.0 * e.items * e.queries * e.keys * (e.depth + e.width)
                                       : 0;
}

/* --- gradient: of the same, written out --- */

/* In ordinary nodes. */
static GenTensor *
write_out (GenGraph *graph, const GenNode *node, GenTensor *const *inputs, GError **error)
{
  const GenAttentionSettings settings = { .scale = gen_node_float (node, "scale", 1),
    .softcap = gen_node_float (node, "softcap", 0),
    .group = gen_node_int (node, "group", 1),
    .past = gen_node_int (node, "past", 0),
    .causal = gen_node_int (node, "causal", 0) != 0 };
  GenTensor *weights = gen_attention_scores (
      graph, &settings, inputs[Q], inputs[K], inputs[MASK], GEN_SCORES_WEIGHTS, error);

  return gen_binary (graph, "MatMul", weights,
      gen_attention_repeat (graph, inputs[V], settings.group, error), error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  GenTensor *inputs[4] = { NULL }, *y;

  for (guint i = 0; i < g->node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (g->node, i);

    if (input != NULL)
      inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  y = write_out (graph, g->node, inputs, error);
  return y != NULL && gen_gradient_through (g, graph, inputs, &y, error);
}

const GenOperator gen_operator_scaled_dot_product_attention = {
  .name = "ScaledDotProductAttention",
  .domain = "generative",
  .summary = "Softmax (scale * Q K' + mask) V, block by block",
  .min_inputs = 3,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
