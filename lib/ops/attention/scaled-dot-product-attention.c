/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax (scale * Q K' + mask) V without the matrix of scores: blocks of queries meet blocks of
 * keys, and each query keeps the largest score and the sum so far, by which what has been added up
 * is scaled when a larger one comes (Milakov and Gimelshein 2018; Dao et al. 2022). The heads that
 * share keys and values are one for this: their queries are as so many more. Parts are blocks of
 * queries; where these are too few, the keys are shared, too, and the results joined after. */
#include <math.h>
#include <string.h>

#include "../../device/team.h"
#include "attention-panel.h"
#include "attention-scores.h"
#include "../broadcast.h"
#include "../elementwise/mathematics.h"

#define QUERIES 128 /* that meet a block of keys, in panels */

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

/* What there is of a block's results: [panels][width, panel], and for each query the largest score
 * and the sum of weights so far. */
typedef struct {
  float *results, *highest, *sums;
} Partial;

/* What a part works in. */
typedef struct {
  float *queries; /* [panels][depth, panel] */
  float *scores;  /* [keys, panel] */
  float *mask;    /* likewise */
  float *lines;   /* the same as [panel, keys] */
  float *keep;    /* [panel] */
  float *keys, *values;
  Partial partial;
} Room;

/* What a part does at a time: the first keys of `end`, from `begin` on, and the queries [first,
 * last) of those that share them. */
typedef struct {
  gint64 item, first, last, begin, end;
} Block;

typedef struct {
  GenAttentionPanels p;
  gboolean zero_unseeing; /* a query that sees no key gets zeros, else not a number */
  gint64 panels;          /* of a block */
  gint64 blocks;          /* of an item of keys */
  gint64 splits;          /* of a block's keys */
  gint64 parts;
  gint64 at[GEN_TEAM_MAX_PARTS + 1]; /* the blocks where parts begin */
} Attention;

static gsize
partial_size (const Attention *a)
{
  return gen_attention_room (a->panels * a->p.panel * a->p.e.width) +
         2 * gen_attention_room (a->panels * a->p.panel);
}

static gsize
room_size (const Attention *a)
{
  return gen_attention_room (a->panels * a->p.panel * a->p.e.depth) +
         3 * gen_attention_room (GEN_ATTENTION_KEYS * a->p.panel) +
         gen_attention_room (a->p.panel) + gen_attention_room (GEN_ATTENTION_KEYS * a->p.e.depth) +
         gen_attention_room (GEN_ATTENTION_KEYS * a->p.e.width);
}

/* The results of a part, or of a block where keys are split. */
static Partial
find_partial (const GenKernel *kernel, const Attention *a, gint64 number)
{
  Partial partial = { .results = (float *)kernel->scratch + a->parts * room_size (a) +
                                 number * partial_size (a) };

  partial.highest = partial.results + gen_attention_room (a->panels * a->p.panel * a->p.e.width);
  partial.sums = partial.highest + gen_attention_room (a->panels * a->p.panel);
  return partial;
}

static Room
find_room (const GenKernel *kernel, const Attention *a, int part)
{
  gsize block = gen_attention_room (GEN_ATTENTION_KEYS * a->p.panel);
  Room room = { .queries = (float *)kernel->scratch + part * room_size (a) };

  room.scores = room.queries + gen_attention_room (a->panels * a->p.panel * a->p.e.depth);
  room.mask = room.scores + block;
  room.lines = room.mask + block;
  room.keep = room.lines + block;
  room.keys = room.keep + gen_attention_room (a->p.panel);
  room.values = room.keys + gen_attention_room (GEN_ATTENTION_KEYS * a->p.e.depth);
  room.partial = find_partial (kernel, a, part);
  return room;
}

static Block
find_block (const Attention *a, gint64 number)
{
  gint64 split = number % a->splits, block = number / a->splits % a->blocks, end;
  Block b = { .item = number / a->splits / a->blocks };

  b.first = block * a->panels * a->p.panel;
  b.last = MIN (b.first + a->panels * a->p.panel, a->p.queries);
  end = gen_attention_end (&a->p, b.first, b.last);
  b.begin = end * split / a->splits;
  b.end = end * (split + 1) / a->splits;
  return b;
}

/* Queries [first, last) meet keys [begin, begin + n). */
static void
meet (const GenKernel *kernel, const Attention *a, const Room *room, const Block *block,
    gint64 first, gint64 last, gint64 begin, gint64 n, const float *keys, gint64 key_stride,
    const float *values, gint64 value_stride)
{
  const GenAttentionUnit *unit = a->p.unit;
  gint64 place = first - block->first;
  int side = gen_attention_side (&a->p, last - first);
  gconstpointer masks = a->p.masked ? kernel->inputs[MASK] : NULL;
  const float *mask;

  if (!gen_attention_panel_mask (
          &a->p, masks, room->lines, room->mask, block->item, first, last, begin, n, &mask))
    return;
  unit->apart (n, keys, key_stride, room->queries + place * a->p.e.depth, side, a->p.e.depth, NULL,
      room->scores);
  if (a->p.softcap > 0)
    unit->cap (room->scores, a->p.softcap, n * side * unit->lanes);
  unit->weigh (room->scores, mask, n, side, room->partial.highest + place,
      room->partial.sums + place, room->keep);
  unit->together (a->p.e.width, values, value_stride, room->scores, side, n, room->keep,
      room->partial.results + place * a->p.e.width);
}

static void
add_up (const GenKernel *kernel, const Attention *a, const Room *room, const Block *block)
{
  const GenAttentionExtents *e = &a->p.e;
  const float *k = (const float *)kernel->inputs[K] + gen_attention_find_head (&e->k, block->item);
  const float *v = (const float *)kernel->inputs[V] + gen_attention_find_head (&e->v, block->item);
  gint64 queries = a->panels * a->p.panel, key_stride = e->k.token, value_stride = e->v.token;
  gboolean gathers = block->last - block->first > a->p.panel;

  memset (room->partial.results, 0, queries * e->width * sizeof (float));
  memset (room->partial.sums, 0, queries * sizeof (float));
  for (gint64 i = 0; i < queries; i++)
    room->partial.highest[i] = -INFINITY;
  for (gint64 q = block->first; q < block->last; q += a->p.panel)
    gen_attention_pack (&a->p, &e->q, kernel->inputs[Q], e->depth, block->item, q,
        MIN (q + a->p.panel, block->last), room->queries + (q - block->first) * e->depth);
  for (gint64 i = 0; i < queries * e->depth; i++)
    room->queries[i] *= a->p.scale;
  for (gint64 begin = block->begin, n; begin < block->end; begin += n) {
    const float *keys = k + begin * e->k.token, *values = v + begin * e->v.token;

    n = MIN (block->end - begin, GEN_ATTENTION_KEYS);
    if (gathers) {
      keys = gen_attention_gather (keys, e->k.token, n, e->depth, room->keys);
      values = gen_attention_gather (values, e->v.token, n, e->width, room->values);
      key_stride = e->depth;
      value_stride = e->width;
    }
    for (gint64 q = block->first; q < block->last; q += a->p.panel) {
      gint64 last = MIN (q + a->p.panel, block->last);

      if (a->p.masked && last < block->last)
        gen_attention_foresee (&a->p, kernel->inputs[MASK], block->item, last,
            MIN (last + a->p.panel, block->last), begin, n);
      else if (a->p.masked)
        gen_attention_foresee (&a->p, kernel->inputs[MASK], block->item, block->first,
            MIN (block->first + a->p.panel, block->last), begin + n,
            MIN (block->end - begin - n, GEN_ATTENTION_KEYS));
      if (gen_attention_end (&a->p, q, last) > begin)
        meet (kernel, a, room, block, q, last, begin, n, keys, key_stride, values, value_stride);
    }
  }
}

/* Results of a block over their sums, to where they belong. */
static void
store (const GenKernel *kernel, const Attention *a, const Partial *partial, const Block *block)
{
  const GenAttentionPanels *p = &a->p;
  gint64 width = p->e.width, lanes = p->unit->lanes;

  for (gint64 first = block->first; first < block->last; first += p->panel) {
    gint64 last = MIN (first + p->panel, block->last);
    gint64 panel = gen_attention_side (p, last - first) * lanes;
    float *results = partial->results + (first - block->first) * width;
    float *factors = partial->sums + first - block->first;

    for (gint64 i = 0; i < panel; i++)
      factors[i] = factors[i] > 0 || !a->zero_unseeing ? 1 / factors[i] : 1;
    if (lanes == 1)
      for (gint64 i = 0; i < panel; i++)
        for (gint64 w = 0; w < width; w++)
          results[i * width + w] *= factors[i];
    else
      for (gint64 w = 0; w < width; w++)
        for (gint64 i = 0; i < panel; i++)
          results[w * panel + i] *= factors[i];
    gen_attention_unpack (
        p, &p->e.out, results, width, block->item, first, last, kernel->outputs[0]);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Attention *a = kernel->state;
  Room room = find_room (kernel, a, part);

  for (gint64 i = a->at[part]; i < a->at[part + 1]; i++) {
    const Block block = find_block (a, i);

    if (a->splits > 1)
      room.partial = find_partial (kernel, a, i);
    add_up (kernel, a, &room, &block);
    if (a->splits == 1)
      store (kernel, a, &room.partial, &block);
  }
}

/* The results of a block by the keys [begin, end) join those by others. */
static void
join (const Attention *a, const Partial *to, const Partial *from, gint64 panel, gint64 first)
{
  const gboolean rows = a->p.unit->lanes == 1;
  gint64 width = a->p.e.width;

  for (gint64 i = 0; i < panel; i++) {
    float *highest = to->highest + first + i, other = from->highest[first + i];
    float most = MAX (*highest, other), shift = most == -INFINITY ? 0 : most;
    float own = gen_exp (*highest - shift), theirs = gen_exp (other - shift);
    gint64 at = first * width + (rows ? i * width : i), step = rows ? 1 : panel;

    *highest = most;
    to->sums[first + i] = to->sums[first + i] * own + from->sums[first + i] * theirs;
    for (gint64 w = 0; w < width; w++)
      to->results[at + w * step] =
          to->results[at + w * step] * own + from->results[at + w * step] * theirs;
  }
}

static void
run_join (const GenKernel *kernel, int part, int parts)
{
  const Attention *a = kernel->state;
  gsize first, end;

  gen_kernel_share (a->p.e.items / a->p.e.group * a->blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const Block block = find_block (a, i * a->splits);
    const Partial all = find_partial (kernel, a, i * a->splits);

    for (gint64 s = 1; s < a->splits; s++) {
      const Partial more = find_partial (kernel, a, i * a->splits + s);

      for (gint64 q = block.first; q < block.last; q += a->p.panel)
        join (a, &all, &more,
            gen_attention_side (&a->p, MIN (a->p.panel, block.last - q)) * a->p.unit->lanes,
            q - block.first);
    }
    store (kernel, a, &all, &block);
  }
}

/* The blocks of each part: as many scores for each. */
static void
share (Attention *a)
{
  gint64 n = a->p.e.items / a->p.e.group * a->blocks * a->splits, number = 0;
  double all = 0, so_far = 0;

  for (gint64 i = 0; i < a->blocks * a->splits; i++) {
    const Block b = find_block (a, i);

    all += (double)(b.last - b.first) * (b.end - b.begin);
  }
  all *= a->p.e.items / a->p.e.group;
  for (int part = 0; part < a->parts; part++) {
    a->at[part] = number;
    while (number < n) {
      const Block b = find_block (a, number);
      double scores = (double)(b.last - b.first) * (b.end - b.begin);

      if (so_far + scores / 2 > all * (part + 1) / a->parts && part + 1 < a->parts)
        break;
      so_far += scores;
      number++;
    }
  }
  a->at[a->parts] = n;
}

/* Blocks as large as the cache likes them, but enough for the threads; where their numbers do not
 * go well together, the keys are split as well. */
static void
cut (Attention *a, const GenKernel *kernel)
{
  const GenAttentionExtents *e = &a->p.e;
  gint64 items = e->items / e->group, panels, wanted;
  double cost = 0.02 * a->p.queries * e->keys * (e->depth + e->width);

  wanted = gen_kernel_parts (kernel, items, a->p.causal ? cost / 2 : cost);
  panels = (a->p.queries + a->p.panel - 1) / a->p.panel;
  a->panels = CLAMP (panels * items / (4 * wanted), 1, MIN (panels, MAX (QUERIES / a->p.panel, 1)));
  a->blocks = (panels + a->panels - 1) / a->panels;
  a->splits = 1;
  if (items * a->blocks < 4 * wanted && items * a->blocks % wanted != 0 &&
      e->keys >= wanted * GEN_ATTENTION_KEYS)
    a->splits = wanted;
  a->parts = MIN (wanted, items * a->blocks * a->splits);
  share (a);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenAttentionPanels p;
  Attention *a;
  gint64 results;

  if (!gen_attention_panels_init (&p, kernel->node, TRUE, error))
    return FALSE;
  a = g_new0 (Attention, 1);
  kernel->state = a;
  kernel->free_state = g_free;
  a->p = p;
  a->zero_unseeing = gen_node_int (kernel->node, "zero_unseeing", 0) != 0;
  if (p.e.items * p.e.queries * p.e.width == 0)
    return TRUE;
  cut (a, kernel);
  results = a->splits > 1 ? p.e.items / p.e.group * a->blocks * a->splits : a->parts;
  kernel->scratch_size = (a->parts * room_size (a) + results * partial_size (a)) * sizeof (float);
  gen_kernel_add_step (kernel, run, a->parts);
  if (a->splits > 1)
    gen_kernel_add_step (kernel, run_join, MIN (a->parts, p.e.items / p.e.group * a->blocks));
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

/* --- gradient --- */

/* In ordinary nodes, where that of the mask is asked for. */
static gboolean
gradient_of_all (GenGradient *g, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  GenTensor *inputs[4] = { NULL }, *y;

  for (guint i = 0; i < g->node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (g->node, i);

    if (input != NULL)
      inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  y = gen_attention_write_out (graph, g->node, inputs, error);
  return y != NULL && gen_gradient_through (g, graph, inputs, &y, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  GenTensor *dq;

  if (gen_node_int (node, "tokens_first", 0) != 0)
    return gen_node_error (node, error, "it has no gradient where tokens come before heads");
  if (node->inputs->len > MASK && g->needed[MASK])
    return gradient_of_all (g, error);
  dq = gen_graph_op (g->graph, "ScaledDotProductAttentionGradient",
      (GenTensor *[]){ gen_node_input (node, Q), gen_node_input (node, K), gen_node_input (node, V),
          gen_node_input (node, MASK), gen_node_output (node, 0), g->outputs[0] },
      6, 3, error, "scale", GEN_FLOAT, (double)gen_node_float (node, "scale", 1), "group", GEN_INT,
      (int)gen_node_int (node, "group", 1), "causal", GEN_INT,
      (int)gen_node_int (node, "causal", 0), "past", GEN_INT, (int)gen_node_int (node, "past", 0),
      "softcap", GEN_FLOAT, (double)gen_node_float (node, "softcap", 0), NULL);
  for (guint i = 0; dq != NULL && i < 3; i++)
    g->inputs[i] = gen_node_output (dq->producer, i);
  return dq != NULL;
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
