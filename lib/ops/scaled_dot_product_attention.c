/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax (scale * Q K' + mask) V without the matrix of scores: blocks of queries meet blocks of
 * keys, and each query keeps the largest score and the sum so far, by which what has been added up
 * is scaled when a larger one comes (Milakov and Gimelshein 2018; Dao et al. 2022). A block of
 * scores stays in a core's first cache. Parts are blocks of queries.
 *
 * All stands with the queries along a vector: scores are [keys, queries], results [width, queries]
 * until they are stored. So the largest and the sums need no work across a vector, the weights are
 * the packed operand of the second product as they are made, and keys and values are read where
 * they lie, whatever is between them. */
#include <math.h>
#include <string.h>

#include "../device/gemm_unit.h"
#include "../simd.h"
#include "attention_scores.h"
#include "broadcast.h"
#include "mathematics.h"
#include "scaled_dot_product_attention.h"

#define QUERIES GEN_GEMM_MAX_PANEL /* at most, at a time */
#define KEYS 128                   /* likewise */

enum { Q, K, V, MASK };
#define OUTPUT 3 /* as a bit of tokens_first */

/* The shape of an operand with its heads before the tokens. */
static GenShape
heads_first (const GenNode *node, const GenShape *shape, int operand)
{
  GenShape turned = *shape;

  if (gen_node_int (node, "tokens_first", 0) & 1 << operand) {
    turned.dims[1] = shape->dims[2];
    turned.dims[2] = shape->dims[1];
  }
  return turned;
}

static GenAttentionPlace
find_place (const GenNode *node, const GenShape *shape, int operand)
{
  int r = shape->rank;
  gint64 tokens = shape->dims[r - 2], n = shape->dims[r - 1];

  if (gen_node_int (node, "tokens_first", 0) & 1 << operand)
    return (
        GenAttentionPlace){ shape->dims[1], shape->dims[1] * tokens * n, n, shape->dims[1] * n };
  return (GenAttentionPlace){ 1, tokens * n, 0, n };
}

static gint64
find_head (const GenAttentionPlace *place, gint64 number)
{
  return number / place->heads * place->item + number % place->heads * place->head;
}

gboolean
gen_attention_extents_init (GenAttentionExtents *e, const GenNode *node, GError **error)
{
  int r = gen_node_input (node, Q)->shape.rank;
  GenShape q, k, v, both;

  if (r < 2 || gen_node_input (node, K)->shape.rank != r ||
      gen_node_input (node, V)->shape.rank != r ||
      (r != 4 && gen_node_int (node, "tokens_first", 0) != 0))
    return gen_node_error (node, error, "queries, keys and values do not fit each other");
  q = heads_first (node, &gen_node_input (node, Q)->shape, Q);
  k = heads_first (node, &gen_node_input (node, K)->shape, K);
  v = heads_first (node, &gen_node_input (node, V)->shape, V);
  if (q.dims[r - 1] != k.dims[r - 1] || k.dims[r - 2] != v.dims[r - 2])
    return gen_node_error (node, error, "queries, keys and values do not fit each other");
  *e = (GenAttentionExtents){ .items = gen_shape_product (&q, 0, r - 2),
    .group = gen_node_int (node, "group", 1),
    .queries = q.dims[r - 2],
    .keys = k.dims[r - 2],
    .depth = q.dims[r - 1],
    .width = v.dims[r - 1],
    .scores = q,
    .output = q,
    .q = find_place (node, &q, Q),
    .k = find_place (node, &k, K),
    .v = find_place (node, &v, V) };
  e->scores.dims[r - 1] = e->keys;
  e->output.dims[r - 1] = e->width;
  e->out = find_place (node, &e->output, OUTPUT);
  if (e->group < 1 || gen_shape_product (&k, 0, r - 2) != gen_shape_product (&v, 0, r - 2) ||
      gen_shape_product (&k, 0, r - 2) * e->group != e->items)
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
  GenAttentionExtents e;

  if (!gen_node_same_type (node, K, V, error) || !gen_attention_extents_init (&e, node, error))
    return FALSE;
  shape = heads_first (node, &e.output, OUTPUT);
  gen_node_set_output (node, 0, gen_node_input (node, Q)->type, &shape);
  return TRUE;
}

typedef struct {
  GenAttentionExtents e;
  const GenGemmUnit *unit;
  float scale, softcap; /* 0: none */
  gboolean causal;
  gboolean zero_unseeing; /* a query that sees no key gets zeros, else not a number */
  gint64 past;            /* keys before the first query, which causal queries see */
  gboolean mask_is_bool;
  gint64 mask_strides[GEN_MAX_RANK];
  gint64 blocks;   /* of queries, of an item */
  gint64 at_once;  /* keys: whole tiles */
  gsize part_size; /* floats */
} Attention;

/* What a part works in: blocks with a panel of queries in a row, and a value for each query. */
typedef struct {
  float *queries, *scores, *results, *sums, *highest;
} Room;

/* Queries go by vectors as wide as any machine's, where a panel is made of whole ones. */
#define LANES 16
typedef float Lanes __attribute__ ((vector_size (4 * LANES), aligned (4)));
typedef gint32 Bits __attribute__ ((vector_size (4 * LANES), aligned (4)));

#define CHOOSE(condition, yes, no)                                                                 \
  ((Lanes)(((condition) & (Bits)(yes)) | (~(condition) & (Bits)(no))))

/* e^x of what is not above 0, as gen_exp. */
static inline __attribute__ ((always_inline)) void
exponential (const Lanes *x, Lanes *result)
{
  const Lanes least = (Lanes){ 0 } - 87.33654f;
  const Lanes clamped = CHOOSE (*x < least, least, *x);
  const Lanes shifted = clamped * 1.44269504f + 12582912.0f;
  const Lanes n = shifted - 12582912.0f;
  const Lanes r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;

  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  /* n is in the low bits of `shifted`, and from -126 to 0. */
  p = p * (Lanes)(((Bits)shifted + (127 - 0x4b400000)) << 23);
  *result = CHOOSE (*x < least, (Lanes){ 0 }, p);
}

/* Scores stay within the cap, smoothly. */
GEN_CLONES (void, cap, (float *scores, float most, gint64 n), (scores, most, n))
{
  for (gint64 i = 0; i < n; i++)
    scores[i] = most * gen_tanh (scores[i] / most);
}

/* The scores of one query, `panel` apart, and its mask. */
static void
add_mask (float *scores, gint64 panel, const float *mask, gint64 stride, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    scores[i * panel] += mask[i * stride];
}

static void
hide (float *scores, gint64 panel, const guint8 *seen, gint64 stride, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    if (!seen[i * stride])
      scores[i * panel] = -INFINITY;
}

/* Scores [keys, panel] of the queries of one vector become weights e^(score - highest), and what
 * there is of their results is scaled to match. */
static inline __attribute__ ((always_inline)) void
weigh_lanes (float *scores, gint64 keys, gint64 panel, float *highest, float *sums, float *results,
    gint64 width)
{
  const Lanes none = (Lanes){ 0 } - INFINITY, before = *(const Lanes *)highest;
  Lanes most = before, other = none, shift, keep, sum = { 0 };

  for (gint64 k = 0; k < keys; k += 2) {
    const Lanes a = *(const Lanes *)(scores + k * panel);
    const Lanes b = *(const Lanes *)(scores + MIN (k + 1, keys - 1) * panel);

    most = CHOOSE (a > most, a, most);
    other = CHOOSE (b > other, b, other);
  }
  most = CHOOSE (other > most, other, most);
  /* No key seen so far: every weight is 0, and infinity must not meet infinity. */
  shift = CHOOSE (most == none, (Lanes){ 0 }, most);
  for (gint64 k = 0; k < keys; k++) {
    Lanes weight = *(const Lanes *)(scores + k * panel) - shift;

    exponential (&weight, &weight);
    *(Lanes *)(scores + k * panel) = weight;
    sum += weight;
  }
  keep = before - shift;
  exponential (&keep, &keep);
  *(Lanes *)highest = most;
  *(Lanes *)sums = *(const Lanes *)sums * keep + sum;
  for (gint64 i = 0; i < width; i++)
    *(Lanes *)(results + i * panel) *= keep;
}

/* The same for one query. */
static void
weigh_one (float *scores, gint64 keys, gint64 panel, float *highest, float *sums, float *results,
    gint64 width)
{
  float most = *highest, sum = 0, shift, keep;

  for (gint64 k = 0; k < keys; k++)
    most = MAX (most, scores[k * panel]);
  shift = most == -INFINITY ? 0 : most;
  for (gint64 k = 0; k < keys; k++)
    sum += scores[k * panel] = gen_exp (scores[k * panel] - shift);
  keep = gen_exp (*highest - shift);
  *highest = most;
  *sums = *sums * keep + sum;
  for (gint64 i = 0; i < width; i++)
    results[i * panel] *= keep;
}

GEN_CLONES (void, weigh,
    (float *scores, gint64 keys, gint64 panel, float *highest, float *sums, float *results,
        gint64 width),
    (scores, keys, panel, highest, sums, results, width))
{
  for (gint64 q = 0; panel % LANES != 0 && q < panel; q++)
    weigh_one (scores + q, keys, panel, highest + q, sums + q, results + q, width);
  for (gint64 q = 0; panel % LANES == 0 && q < panel; q += LANES)
    weigh_lanes (scores + q, keys, panel, highest + q, sums + q, results + q, width);
}

/* Mask the scores of the queries from `query` on with the keys from `first` on. */
static void
mask_scores (const GenKernel *kernel, const Attention *a, gint64 item, gint64 query, gint64 queries,
    gint64 first, gint64 keys, float *scores)
{
  const GenAttentionExtents *e = &a->e;
  int rank = e->scores.rank;
  gboolean masked = kernel->node->inputs->len > MASK && kernel->inputs[MASK] != NULL;
  gint64 at = 0, stride = a->mask_strides[rank - 1], panel = a->unit->panel;

  if (a->softcap > 0)
    cap (scores, a->softcap, keys * panel);
  for (int d = rank - 3; masked && d >= 0; d--) {
    at += item % e->scores.dims[d] * a->mask_strides[d];
    item /= e->scores.dims[d];
  }
  for (gint64 q = 0; q < queries; q++) {
    gint64 from = at + (query + q) * a->mask_strides[rank - 2] + first * stride;

    if (masked && a->mask_is_bool)
      hide (scores + q, panel, (const guint8 *)kernel->inputs[MASK] + from, stride, keys);
    else if (masked)
      add_mask (scores + q, panel, (const float *)kernel->inputs[MASK] + from, stride, keys);
    for (gint64 k = MAX (query + q + a->past + 1 - first, 0); a->causal && k < keys; k++)
      scores[k * panel + q] = -INFINITY;
  }
}

/* out[rows, panel] = the rows by a packed operand, added to what is there or not. */
static void
multiply (const GenGemmUnit *unit, const float *rows, gint64 n, gint64 row_stride, gint64 k_stride,
    const float *panel, gint64 k, gboolean adds, float *out)
{
  gint64 tiles = (n + unit->rows - 1) / unit->rows;

  for (gint64 t = 0; t < tiles; t++) {
    gint64 first = n * t / tiles, end = n * (t + 1) / tiles;

    unit->tile (end - first, rows + first * row_stride, row_stride, k_stride, panel, k, adds,
        out + first * unit->panel);
  }
}

/* Queries, scaled, as a panel: [depth, panel], zeros beyond the last. */
static void
pack_queries (const Attention *a, const float *q, gint64 queries, float *to)
{
  gint64 panel = a->unit->panel;

  if (queries < panel)
    memset (to, 0, a->e.depth * panel * sizeof *to);
  for (gint64 i = 0; i < queries; i++)
    for (gint64 d = 0; d < a->e.depth; d++)
      to[d * panel + i] = a->scale * q[i * a->e.q.token + d];
}

static void
store (const Attention *a, const Room *room, gint64 queries, float *out)
{
  gint64 panel = a->unit->panel;

  for (gint64 i = 0; i < queries; i++) {
    float factor = room->sums[i] > 0 || !a->zero_unseeing ? 1 / room->sums[i] : 1;

    for (gint64 w = 0; w < a->e.width; w++)
      out[i * a->e.out.token + w] = room->results[w * panel + i] * factor;
  }
}

static void
run_block (const GenKernel *kernel, const Attention *a, gint64 item, gint64 block, const Room *room)
{
  const GenAttentionExtents *e = &a->e;
  const gint64 panel = a->unit->panel;
  gint64 first_query = block * panel, queries = MIN (panel, e->queries - first_query);
  const float *q =
      (const float *)kernel->inputs[Q] + find_head (&e->q, item) + first_query * e->q.token;
  const float *k = (const float *)kernel->inputs[K] + find_head (&e->k, item / e->group);
  const float *v = (const float *)kernel->inputs[V] + find_head (&e->v, item / e->group);
  float *out = (float *)kernel->outputs[0] + find_head (&e->out, item) + first_query * e->out.token;
  gint64 end = a->causal ? MIN (e->keys, first_query + queries + a->past) : e->keys;

  memset (room->results, 0, panel * e->width * sizeof (float));
  memset (room->sums, 0, QUERIES * sizeof (float));
  for (gint64 i = 0; i < QUERIES; i++)
    room->highest[i] = -INFINITY;
  pack_queries (a, q, queries, room->queries);
  for (gint64 first = 0; first < end; first += a->at_once) {
    gint64 keys = MIN (a->at_once, e->keys - first);

    multiply (a->unit, k + first * e->k.token, keys, e->k.token, 1, room->queries, e->depth, FALSE,
        room->scores);
    mask_scores (kernel, a, item, first_query, queries, first, keys, room->scores);
    weigh (room->scores, keys, panel, room->highest, room->sums, room->results, e->width);
    multiply (a->unit, v + first * e->v.token, e->width, 1, e->v.token, room->scores, keys, TRUE,
        room->results);
  }
  store (a, room, queries, out);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Attention *a = kernel->state;
  float *own = (float *)kernel->scratch + part * a->part_size;
  Room room = { .queries = own };
  gsize first, end;

  room.scores = room.queries + a->unit->panel * a->e.depth;
  room.results = room.scores + a->unit->panel * KEYS;
  room.sums = room.results + a->unit->panel * a->e.width;
  room.highest = room.sums + QUERIES;
  gen_kernel_share (a->e.items * a->blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++)
    run_block (kernel, a, i / a->blocks, i % a->blocks, &room);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *mask = gen_node_input (node, MASK);
  Attention *a;
  GenAttentionExtents e;
  int parts;

  if (gen_node_input (node, Q)->type != GEN_TYPE_FLOAT32 ||
      (mask != NULL && mask->type != GEN_TYPE_FLOAT32 && mask->type != GEN_TYPE_BOOL))
    return gen_node_error (node, error, "only float32 is supported");
  if (!gen_attention_extents_init (&e, node, error))
    return FALSE;
  a = g_new0 (Attention, 1);
  kernel->state = a;
  kernel->free_state = g_free;
  a->e = e;
  a->unit = gen_gemm_unit ();
  a->scale = gen_node_float (node, "scale", 1);
  a->softcap = gen_node_float (node, "softcap", 0);
  a->zero_unseeing = gen_node_int (node, "zero_unseeing", 0) != 0;
  a->causal = gen_node_int (node, "causal", 0) != 0;
  a->past = gen_node_int (node, "past", 0);
  a->mask_is_bool = mask != NULL && mask->type == GEN_TYPE_BOOL;
  if (mask != NULL)
    gen_tensor_broadcast_strides (mask, &e.scores, a->mask_strides);
  a->blocks = (e.queries + a->unit->panel - 1) / a->unit->panel;
  a->at_once = KEYS / a->unit->rows * a->unit->rows;
  if (e.items * a->blocks * e.width == 0)
    return TRUE;
  a->part_size = (a->unit->panel * (e.depth + KEYS + e.width) + 2 * QUERIES + 15) & ~(gsize)15;
  parts = gen_kernel_parts (
      kernel, e.items * a->blocks, 0.02 * a->unit->panel * e.keys * (e.depth + e.width));
  kernel->scratch_size = parts * a->part_size * sizeof (float);
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  GenAttentionExtents e;

  return gen_attention_extents_init (&e, node, NULL)
             ? 2.0 * e.items * e.queries * e.keys * (e.depth + e.width)
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

  if (gen_node_int (g->node, "tokens_first", 0) != 0)
    return gen_node_error (g->node, error, "it has no gradient where tokens come before heads");
  for (guint i = 0; i < g->node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (g->node, i);

    if (input != NULL)
      inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  y = write_out (graph, g->node, inputs, error);
  return y != NULL && gen_gradient_through (g, graph, inputs, &y, error);
}

/* Masks may be of truth values. */
static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  return type == GEN_TYPE_BOOL ? type : GEN_TYPE_FLOAT32;
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
  .widens = 0xf,
  .computes_in = computes_in,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
