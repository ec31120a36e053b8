/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax (scale * Q K' + mask) V without the matrix of scores: blocks of queries meet blocks of
 * keys, and each query keeps the largest score and the sum so far, by which what has been added up
 * is scaled when a larger one comes (Milakov and Gimelshein 2018; Dao et al. 2022). The heads that
 * share keys and values are one for this: their queries are as so many more. Parts are blocks of
 * queries; where these are too few, the keys are shared, too, and the results joined after. */
#include <math.h>
#include <string.h>

#include "../device/team.h"
#include "../simd.h"
#include "attention_scores.h"
#include "attention_unit.h"
#include "broadcast.h"
#include "mathematics.h"
#include "scaled_dot_product_attention.h"

#define KEYS 84     /* at a time: whole tiles, and a block of keys and values stays near the core */
#define QUERIES 128 /* that meet them there, in panels */

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
  GenAttentionExtents e;
  const GenAttentionUnit *unit;
  float scale, softcap; /* 0: none */
  gboolean causal;
  gboolean zero_unseeing; /* a query that sees no key gets zeros, else not a number */
  gint64 past;            /* keys before the first query, which causal queries see */
  gboolean masked, mask_is_bool;
  gint64 mask_strides[GEN_MAX_RANK];
  gint64 queries; /* that share keys: of all heads of a group */
  gint64 panel;   /* queries */
  gint64 panels;  /* of a block */
  gint64 blocks;  /* of an item of keys */
  gint64 splits;  /* of a block's keys */
  gint64 parts;
  gint64 at[GEN_TEAM_MAX_PARTS + 1]; /* the blocks where parts begin */
} Attention;

static gsize
whole_vectors (gsize floats)
{
  return (floats + 15) & ~(gsize)15;
}

static gsize
partial_size (const Attention *a)
{
  return whole_vectors (a->panels * a->panel * a->e.width) +
         2 * whole_vectors (a->panels * a->panel);
}

static gsize
room_size (const Attention *a)
{
  return whole_vectors (a->panels * a->panel * a->e.depth) + 3 * whole_vectors (KEYS * a->panel) +
         whole_vectors (a->panel) + whole_vectors (KEYS * a->e.depth) +
         whole_vectors (KEYS * a->e.width);
}

/* The results of a part, or of a block where keys are split. */
static Partial
find_partial (const GenKernel *kernel, const Attention *a, gint64 number)
{
  Partial partial = { .results = (float *)kernel->scratch + a->parts * room_size (a) +
                                 number * partial_size (a) };

  partial.highest = partial.results + whole_vectors (a->panels * a->panel * a->e.width);
  partial.sums = partial.highest + whole_vectors (a->panels * a->panel);
  return partial;
}

static Room
find_room (const GenKernel *kernel, const Attention *a, int part)
{
  gsize block = whole_vectors (KEYS * a->panel);
  Room room = { .queries = (float *)kernel->scratch + part * room_size (a) };

  room.scores = room.queries + whole_vectors (a->panels * a->panel * a->e.depth);
  room.mask = room.scores + block;
  room.lines = room.mask + block;
  room.keep = room.lines + block;
  room.keys = room.keep + whole_vectors (a->panel);
  room.values = room.keys + whole_vectors (KEYS * a->e.depth);
  room.partial = find_partial (kernel, a, part);
  return room;
}

static gint64
min_rows (gint64 first, gint64 last, gint64 period)
{
  return MIN (last - first, period - first % period);
}

/* Keys that a query may see but for its mask; those of a query of another head begin anew. */
static gint64
find_reach (const Attention *a, gint64 query)
{
  return a->causal ? CLAMP (query % a->e.queries + a->past + 1, 0, a->e.keys) : a->e.keys;
}

/* The longest reach of queries [first, last). */
static gint64
find_end (const Attention *a, gint64 first, gint64 last)
{
  gint64 own = min_rows (first, last, a->e.queries);

  return find_reach (a, own < last - first ? a->e.queries - 1 : last - 1);
}

static Block
find_block (const Attention *a, gint64 number)
{
  gint64 split = number % a->splits, block = number / a->splits % a->blocks, end;
  Block b = { .item = number / a->splits / a->blocks };

  b.first = block * a->panels * a->panel;
  b.last = MIN (b.first + a->panels * a->panel, a->queries);
  end = find_end (a, b.first, b.last);
  b.begin = end * split / a->splits;
  b.end = end * (split + 1) / a->splits;
  return b;
}

/* The vectors of a panel of queries; where these are rows, so many. */
static int
find_side (const Attention *a, gint64 queries)
{
  return (queries + a->unit->lanes - 1) / a->unit->lanes;
}

/* Queries [first, last), scaled, as a panel; zeros beyond the last. */
static void
pack_queries (
    const GenKernel *kernel, const Attention *a, gint64 item, gint64 first, gint64 last, float *to)
{
  const GenAttentionExtents *e = &a->e;
  gint64 panel = find_side (a, last - first) * a->unit->lanes;

  if (panel > last - first)
    memset (to, 0, e->depth * panel * sizeof *to);
  for (gint64 q = first, n; q < last; q += n) {
    const float *from = (const float *)kernel->inputs[Q] +
                        find_head (&e->q, item * e->group + q / e->queries) +
                        q % e->queries * e->q.token;

    n = min_rows (q, last, e->queries);
    for (gint64 i = 0; a->unit->lanes == 1 && i < n; i++)
      memcpy (to + (q - first + i) * e->depth, from + i * e->q.token, e->depth * sizeof *to);
    if (a->unit->lanes > 1)
      a->unit->transpose (from, e->q.token, n, e->depth, to + q - first, panel);
  }
  for (gint64 i = 0; i < e->depth * panel; i++)
    to[i] *= a->scale;
}

/* The mask of one query from `at` on: what is added to its scores. */
GEN_CLONES (void, read_mask,
    (const Attention *a, gconstpointer mask, gint64 at, gint64 keys, float *line),
    (a, mask, at, keys, line))
{
  const gint64 stride = a->mask_strides[a->e.scores.rank - 1];
  const guint8 *seen = (const guint8 *)mask + at;
  const float *added = (const float *)mask + at;
  /* 0 or -infinity without a branch, which nobody could foretell. */
  guint32 __attribute__ ((may_alias)) *bits = (guint32 *)line;

  if (a->mask_is_bool && stride == 1)
    for (gint64 k = 0; k < keys; k++)
      bits[k] = (guint32)(((gint32)seen[k] - 1) >> 31) << 23;
  else if (a->mask_is_bool)
    for (gint64 k = 0; k < keys; k++)
      bits[k] = (guint32)(((gint32)seen[k * stride] - 1) >> 31) << 23;
  else
    for (gint64 k = 0; k < keys; k++)
      line[k] = added[k * stride];
}

/* Where the mask of a query's head begins, in elements. */
static gint64
find_mask (const Attention *a, gint64 item, gint64 query)
{
  const GenAttentionExtents *e = &a->e;
  gint64 head = item * e->group + query / e->queries, at = 0;
  int rank = e->scores.rank;

  for (int d = rank - 3; d >= 0; d--) {
    at += head % e->scores.dims[d] * a->mask_strides[d];
    head /= e->scores.dims[d];
  }
  return at + query % e->queries * a->mask_strides[rank - 2];
}

/* The masks of queries [first, last) come nearer, while others are at work. */
static void
foresee (const GenKernel *kernel, const Attention *a, gint64 item, gint64 first, gint64 last,
    gint64 begin, gint64 keys)
{
  const gint64 *strides = a->mask_strides + a->e.scores.rank - 2;
  const gsize size = a->mask_is_bool ? 1 : sizeof (float);

  for (gint64 q = first, n; strides[1] == 1 && q < last; q += n) {
    const char *at = (const char *)kernel->inputs[MASK] + (find_mask (a, item, q) + begin) * size;

    n = min_rows (q, last, a->e.queries);
    for (gint64 i = 0; i < n; i++)
      for (gint64 k = 0; k < keys; k += 64 / size)
        __builtin_prefetch (at + (i * strides[0] + k) * size);
  }
}

/* Whether a row hides less than all. */
GEN_CLONES (gboolean, sees_any, (const float *mask, gint64 stride, gint64 rows, gint64 n),
    (mask, stride, rows, n))
{
  guint any = 0;

  for (gint64 r = 0; any == 0 && r < rows; r++)
    for (gint64 i = 0; i < n; i++)
      any |= mask[r * stride + i] != -INFINITY;
  return any != 0;
}

/* What a mask, and places, add to the scores of queries [first, last) with `keys` keys from
 * `begin` on, a line each. */
static void
read_lines (const GenKernel *kernel, const Attention *a, gint64 item, gint64 first, gint64 last,
    gint64 begin, gint64 keys, float *lines)
{
  const gint64 *strides = a->mask_strides + a->e.scores.rank - 2;

  for (gint64 q = first, n; q < last; q += n) {
    gint64 at = a->masked ? find_mask (a, item, q) + begin * strides[1] : 0;
    gint64 reach = q % a->e.queries + a->past + 1 - begin;

    n = min_rows (q, last, a->e.queries);
    for (gint64 i = 0; i < n; i++, lines += keys) {
      gint64 seen = a->causal ? CLAMP (reach + i, 0, keys) : keys;

      if (a->masked)
        read_mask (a, kernel->inputs[MASK], at + i * strides[0], seen, lines);
      else
        memset (lines, 0, seen * sizeof *lines);
      for (gint64 k = seen; k < keys; k++)
        lines[k] = -INFINITY;
    }
  }
}

/* The same as a panel, NULL for nothing, in *mask. FALSE: none of them sees any key. */
static gboolean
find_panel_mask (const GenKernel *kernel, const Attention *a, const Room *room, gint64 item,
    gint64 first, gint64 last, gint64 begin, gint64 keys, const float **mask)
{
  const gint64 *strides = a->mask_strides + a->e.scores.rank - 2;
  const float *lines = room->lines;
  gint64 panel = find_side (a, last - first) * a->unit->lanes, stride = keys;
  gboolean one_head = min_rows (first, last, a->e.queries) == last - first;
  gboolean cut = find_reach (a, one_head ? first : 0) < begin + keys;

  *mask = NULL;
  if (!a->masked && !cut)
    return TRUE;
  if (one_head && !cut && !a->mask_is_bool && strides[1] == 1) {
    lines = (const float *)kernel->inputs[MASK] + find_mask (a, item, first) + begin;
    stride = strides[0];
  } else
    read_lines (kernel, a, item, first, last, begin, keys, room->lines);
  if (!sees_any (lines, stride, last - first, keys))
    return FALSE;
  *mask = room->mask;
  if (panel > last - first)
    memset (room->mask, 0, keys * panel * sizeof (float));
  if (a->unit->lanes > 1)
    a->unit->transpose (lines, stride, last - first, keys, room->mask, panel);
  for (gint64 i = 0; a->unit->lanes == 1 && i < last - first; i++)
    memcpy (room->mask + i * keys, lines + i * stride, keys * sizeof (float));
  return TRUE;
}

/* Rows side by side; rows of a stride that is a power of two would fight for the same places in
 * the cache. */
static const float *
gather (const float *from, gint64 stride, gint64 rows, gint64 n, float *to)
{
  if (stride == n)
    return from;
  for (gint64 i = 0; i < rows; i++)
    memcpy (to + i * n, from + i * stride, n * sizeof *to);
  return to;
}

/* Queries [first, last) meet keys [begin, begin + n). */
static void
meet (const GenKernel *kernel, const Attention *a, const Room *room, const Block *block,
    gint64 first, gint64 last, gint64 begin, gint64 n, const float *keys, gint64 key_stride,
    const float *values, gint64 value_stride)
{
  const GenAttentionUnit *unit = a->unit;
  gint64 place = first - block->first;
  int side = find_side (a, last - first);
  const float *mask;

  if (!find_panel_mask (kernel, a, room, block->item, first, last, begin, n, &mask))
    return;
  unit->apart (n, keys, key_stride, room->queries + place * a->e.depth, side, a->e.depth, NULL,
      room->scores);
  if (a->softcap > 0)
    unit->cap (room->scores, a->softcap, n * side * unit->lanes);
  unit->weigh (room->scores, mask, n, side, room->partial.highest + place,
      room->partial.sums + place, room->keep);
  unit->together (a->e.width, values, value_stride, room->scores, side, n, room->keep,
      room->partial.results + place * a->e.width);
}

static void
add_up (const GenKernel *kernel, const Attention *a, const Room *room, const Block *block)
{
  const GenAttentionExtents *e = &a->e;
  const float *k = (const float *)kernel->inputs[K] + find_head (&e->k, block->item);
  const float *v = (const float *)kernel->inputs[V] + find_head (&e->v, block->item);
  gint64 queries = a->panels * a->panel, key_stride = e->k.token, value_stride = e->v.token;
  gboolean gathers = block->last - block->first > a->panel;

  memset (room->partial.results, 0, queries * e->width * sizeof (float));
  memset (room->partial.sums, 0, queries * sizeof (float));
  for (gint64 i = 0; i < queries; i++)
    room->partial.highest[i] = -INFINITY;
  for (gint64 q = block->first; q < block->last; q += a->panel)
    pack_queries (kernel, a, block->item, q, MIN (q + a->panel, block->last),
        room->queries + (q - block->first) * e->depth);
  for (gint64 begin = block->begin, n; begin < block->end; begin += n) {
    const float *keys = k + begin * e->k.token, *values = v + begin * e->v.token;

    n = MIN (block->end - begin, KEYS);
    if (gathers) {
      keys = gather (keys, e->k.token, n, e->depth, room->keys);
      values = gather (values, e->v.token, n, e->width, room->values);
      key_stride = e->depth;
      value_stride = e->width;
    }
    for (gint64 q = block->first; q < block->last; q += a->panel) {
      gint64 last = MIN (q + a->panel, block->last);

      if (a->masked && last < block->last)
        foresee (kernel, a, block->item, last, MIN (last + a->panel, block->last), begin, n);
      else if (a->masked)
        foresee (kernel, a, block->item, block->first, MIN (block->first + a->panel, block->last),
            begin + n, MIN (block->end - begin - n, KEYS));
      if (find_end (a, q, last) > begin)
        meet (kernel, a, room, block, q, last, begin, n, keys, key_stride, values, value_stride);
    }
  }
}

/* Results of a block over their sums, to where they belong. */
static void
store (const GenKernel *kernel, const Attention *a, const Partial *partial, const Block *block)
{
  const GenAttentionExtents *e = &a->e;

  for (gint64 first = block->first; first < block->last; first += a->panel) {
    gint64 last = MIN (first + a->panel, block->last), lanes = a->unit->lanes;
    gint64 panel = find_side (a, last - first) * lanes;
    float *results = partial->results + (first - block->first) * e->width;
    float *factors = partial->sums + first - block->first;

    for (gint64 i = 0; i < panel; i++)
      factors[i] = factors[i] > 0 || !a->zero_unseeing ? 1 / factors[i] : 1;
    for (gint64 w = 0; lanes > 1 && w < e->width; w++)
      for (gint64 i = 0; i < panel; i++)
        results[w * panel + i] *= factors[i];
    for (gint64 q = first, n; q < last; q += n) {
      float *out = (float *)kernel->outputs[0] +
                   find_head (&e->out, block->item * e->group + q / e->queries) +
                   q % e->queries * e->out.token;

      n = min_rows (q, last, e->queries);
      if (lanes > 1)
        a->unit->transpose (results + q - first, panel, e->width, n, out, e->out.token);
      for (gint64 i = 0; lanes == 1 && i < n; i++)
        for (gint64 w = 0; w < e->width; w++)
          out[i * e->out.token + w] =
              results[(q - first + i) * e->width + w] * factors[q - first + i];
    }
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
  const gboolean rows = a->unit->lanes == 1;
  gint64 width = a->e.width;

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

  gen_kernel_share (a->e.items / a->e.group * a->blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const Block block = find_block (a, i * a->splits);
    const Partial all = find_partial (kernel, a, i * a->splits);

    for (gint64 s = 1; s < a->splits; s++) {
      const Partial more = find_partial (kernel, a, i * a->splits + s);

      for (gint64 q = block.first; q < block.last; q += a->panel)
        join (a, &all, &more, find_side (a, MIN (a->panel, block.last - q)) * a->unit->lanes,
            q - block.first);
    }
    store (kernel, a, &all, &block);
  }
}

/* The blocks of each part: as many scores for each. */
static void
share (Attention *a)
{
  gint64 n = a->e.items / a->e.group * a->blocks * a->splits, number = 0;
  double all = 0, so_far = 0;

  for (gint64 i = 0; i < a->blocks * a->splits; i++) {
    const Block b = find_block (a, i);

    all += (double)(b.last - b.first) * (b.end - b.begin);
  }
  all *= a->e.items / a->e.group;
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
  const GenAttentionExtents *e = &a->e;
  gint64 items = e->items / e->group, panels, wanted;
  double cost = 0.02 * a->queries * e->keys * (e->depth + e->width);

  wanted = gen_kernel_parts (kernel, items, a->causal ? cost / 2 : cost);
  a->panel = a->unit->lanes > 1 ? 2 * a->unit->lanes : a->queries;
  panels = (a->queries + a->panel - 1) / a->panel;
  a->panels = CLAMP (panels * items / (4 * wanted), 1, MIN (panels, MAX (QUERIES / a->panel, 1)));
  a->blocks = (panels + a->panels - 1) / a->panels;
  a->splits = 1;
  if (items * a->blocks < 4 * wanted && items * a->blocks % wanted != 0 && e->keys >= wanted * KEYS)
    a->splits = wanted;
  a->parts = MIN (wanted, items * a->blocks * a->splits);
  share (a);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *mask = gen_node_input (node, MASK);
  GenAttentionExtents e;
  Attention *a;
  gint64 results;

  if (gen_node_input (node, Q)->type != GEN_TYPE_FLOAT32 ||
      (mask != NULL && mask->type != GEN_TYPE_FLOAT32 && mask->type != GEN_TYPE_BOOL))
    return gen_node_error (node, error, "only float32 is supported");
  if (!gen_attention_extents_init (&e, node, error))
    return FALSE;
  a = g_new0 (Attention, 1);
  kernel->state = a;
  kernel->free_state = g_free;
  a->e = e;
  a->queries = e.queries * e.group;
  a->unit = gen_attention_unit (a->queries);
  a->scale = gen_node_float (node, "scale", 1);
  a->softcap = gen_node_float (node, "softcap", 0);
  a->zero_unseeing = gen_node_int (node, "zero_unseeing", 0) != 0;
  a->causal = gen_node_int (node, "causal", 0) != 0;
  a->past = gen_node_int (node, "past", 0);
  a->masked = mask != NULL;
  a->mask_is_bool = mask != NULL && mask->type == GEN_TYPE_BOOL;
  if (mask != NULL)
    gen_tensor_broadcast_strides (mask, &e.scores, a->mask_strides);
  if (e.items * e.queries * e.width == 0)
    return TRUE;
  cut (a, kernel);
  results = a->splits > 1 ? e.items / e.group * a->blocks * a->splits : a->parts;
  kernel->scratch_size = (a->parts * room_size (a) + results * partial_size (a)) * sizeof (float);
  gen_kernel_add_step (kernel, run, a->parts);
  if (a->splits > 1)
    gen_kernel_add_step (kernel, run_join, MIN (a->parts, e.items / e.group * a->blocks));
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
