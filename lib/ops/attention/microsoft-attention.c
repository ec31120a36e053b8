/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention, MultiHeadAttention and RotaryEmbedding of the domain com.microsoft: heads, past keys
 * and values, and masks of many forms, around ScaledDotProductAttention. */
#include <math.h>

#include "../microsoft.h"
#include "../quantized/qlinear.h"

typedef struct {
  GenGraph *graph;
  GenNode *node;
  gint64 batch, heads, queries, keys, past; /* keys with the past */
} Writing;

/* [batch, length, heads * depth] as [batch, heads, length, depth]. */
static GenTensor *
split_heads (const Writing *w, GenTensor *x, GError **error)
{
  const gint64 shape[] = { 0, 0, w->heads, -1 };

  x = gen_binary (w->graph, "Reshape", x, gen_graph_ints (w->graph, shape, 4), error);
  return gen_build_transpose (w->graph, x, (gint64[]){ 0, 2, 1, 3 }, error);
}

static GenTensor *
join_heads (const Writing *w, GenTensor *x, GError **error)
{
  x = gen_build_transpose (w->graph, x, (gint64[]){ 0, 2, 1, 3 }, error);
  return gen_binary (
      w->graph, "Reshape", x, gen_graph_ints (w->graph, (gint64[]){ 0, 0, -1 }, 3), error);
}

static GenTensor *
join_past (const Writing *w, GenTensor *past, GenTensor *x, GError **error)
{
  if (past == NULL || x == NULL)
    return x;
  return gen_graph_op (
      w->graph, "Concat", (GenTensor *[]){ past, x }, 2, 1, error, "axis", GEN_INT, 2, NULL);
}

/* Number `i` along `axis`, which is left out. */
static GenTensor *
pick (const Writing *w, GenTensor *x, gint64 i, int axis, GError **error)
{
  GenTensor *place;

  if (x == NULL)
    return NULL;
  place = gen_graph_add_constant (
      w->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&i, sizeof i));
  return gen_graph_op (
      w->graph, "Gather", (GenTensor *[]){ x, place }, 2, 1, error, "axis", GEN_INT, axis, NULL);
}

/* The elements [first, end) of the last axis. */
static GenTensor *
slice (const Writing *w, GenTensor *x, gint64 first, gint64 end, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (w->graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (w->graph, &first, 1), gen_graph_ints (w->graph, &end, 1),
          gen_graph_ints (w->graph, (gint64[]){ -1 }, 1) },
      4, 1, error, NULL);
}

/* --- masks --- */

/* Places along the keys against bounds for each of the batch, [batch] at `first` of `bounds`. */
static GenTensor *
compare_places (const Writing *w, const char *op, GenTensor *bounds, gint64 first, GError **error)
{
  g_autofree gint64 *places = g_new (gint64, w->keys);
  GenTensor *bound = gen_build_cast (w->graph, bounds, GEN_TYPE_INT64, error);

  for (gint64 i = 0; i < w->keys; i++)
    places[i] = i;
  bound = slice (w, bound, first, first + w->batch, error);
  bound = bound != NULL ? gen_build_reshape (w->graph, bound, &GEN_SHAPE (w->batch, 1, 1, 1), error)
                        : NULL;
  return gen_binary (w->graph, op, gen_graph_ints (w->graph, places, w->keys), bound, error);
}

/* What is seen, as booleans that broadcast to [batch, heads, queries, keys]; ORT's forms are told
 * apart by their shapes. */
static GenTensor *
seen_by_mask (const Writing *w, GenTensor *mask, GError **error)
{
  const GenShape *s = &mask->shape;
  GenTensor *zero, *begun;

  if (s->rank == 1 && s->dims[0] == w->batch)
    return compare_places (w, "Less", mask, 0, error);
  if (s->rank == 1 && s->dims[0] == 2 * w->batch) {
    begun = compare_places (w, "GreaterOrEqual", mask, w->batch, error);
    return gen_binary (w->graph, "And", compare_places (w, "Less", mask, 0, error), begun, error);
  }
  zero = gen_build_cast (w->graph, gen_graph_float (w->graph, 0), mask->type, error);
  if (s->rank == 2 && s->dims[0] == w->batch && s->dims[1] == w->keys)
    mask = gen_build_reshape (w->graph, mask, &GEN_SHAPE (w->batch, 1, 1, w->keys), error);
  else if (s->rank == 3 && s->dims[0] == w->batch && s->dims[1] == w->queries &&
           s->dims[2] == w->keys)
    mask = gen_build_reshape (w->graph, mask, &GEN_SHAPE (w->batch, 1, w->queries, w->keys), error);
  else {
    g_autofree char *shape = gen_shape_to_string (s);

    gen_node_error (w->node, error, "its mask of shape %s is not supported", shape);
    return NULL;
  }
  return gen_binary (w->graph, "Greater", mask, zero, error);
}

/* What is added to the scores; `*added` is NULL where there is nothing. */
static gboolean
write_mask (const Writing *w, GenTensor *mask, GenTensor *bias, GenTensor **added, GError **error)
{
  double hidden = gen_node_float (w->node, "mask_filter_value", -10000);

  *added = bias;
  if (mask == NULL)
    return TRUE;
  mask = seen_by_mask (w, mask, error);
  if (mask == NULL)
    return FALSE;
  *added = gen_graph_op (w->graph, "Where",
      (GenTensor *[]){ mask, gen_graph_float (w->graph, 0), gen_graph_float (w->graph, hidden) }, 3,
      1, error, NULL);
  if (bias != NULL)
    *added = gen_binary (
        w->graph, "Add", *added, gen_build_cast (w->graph, bias, GEN_TYPE_FLOAT32, error), error);
  return *added != NULL;
}

/* --- attention --- */

static GenTensor *
attend (
    const Writing *w, GenTensor *q, GenTensor *k, GenTensor *v, GenTensor *added, GError **error)
{
  double depth = q->shape.dims[3], scale = gen_node_float (w->node, "scale", 0);

  if (added != NULL)
    added = gen_build_cast (w->graph, added, q->type, error);
  return join_heads (w,
      gen_graph_op (w->graph, "ScaledDotProductAttention", (GenTensor *[]){ q, k, v, added },
          added != NULL ? 4 : 3, 1, error, "scale", GEN_FLOAT,
          scale == 0 ? 1 / sqrt (depth) : scale, "group", GEN_INT, 1, "causal", GEN_INT,
          (int)gen_node_int (w->node, "unidirectional", 0), "past", GEN_INT, (int)w->past, NULL),
      error);
}

static gboolean
read_heads (Writing *w, gint64 width, GError **error)
{
  w->heads = gen_node_int (w->node, "num_heads", 0);
  return (w->heads > 0 && width % w->heads == 0) ||
         gen_node_error (w->node, error,
             "%" G_GINT64_FORMAT " numbers are not of %" G_GINT64_FORMAT " heads", width, w->heads);
}

/* The widths of queries, keys and values, of `all` together. */
static gboolean
read_widths (const GenNode *node, gint64 all, gint64 *widths, GError **error)
{
  int n;
  const gint64 *given = gen_node_ints (node, "qkv_hidden_sizes", &n);
  gint64 total = 0;

  for (int i = 0; i < 3; i++)
    widths[i] = n == 3 ? given[i] : all / 3;
  for (int i = 0; i < 3; i++)
    if (widths[i] < 1 || widths[i] > all || (total += widths[i]) > all)
      break;
  return total == all || gen_node_error (node, error,
                             "its weights of %" G_GINT64_FORMAT
                             " columns are not those of queries, keys and values",
                             all);
}

/* Attention of `all`, the queries, keys and values of the input by its weights. */
static gboolean
attend_all (GenNode *node, GenTensor *all, GenTensor *mask, GenTensor *past, GenTensor *bias,
    GenTensor **results, GError **error)
{
  Writing w = { .graph = node->graph, .node = node };
  GenTensor *parts[3], *added;
  gint64 widths[3], first = 0;

  if (all == NULL)
    return FALSE;
  if (all->shape.rank != 3)
    return gen_node_error (node, error, "its input should be [batch, length, numbers]");
  if (gen_node_int (node, "do_rotary", 0) != 0 ||
      gen_node_int (node, "past_present_share_buffer", 0) != 0)
    return gen_node_error (node, error, "do_rotary and shared buffers are not supported");
  if (!read_widths (node, all->shape.dims[2], widths, error))
    return FALSE;
  w.batch = all->shape.dims[0];
  w.queries = all->shape.dims[1];
  if (past != NULL && (past->shape.rank != 5 || past->shape.dims[0] != 2))
    return gen_node_error (node, error, "its past should be [2, batch, heads, length, depth]");
  w.past = past != NULL ? past->shape.dims[3] : 0;
  w.keys = w.queries + w.past;
  for (int i = 0; i < 3; i++, first += widths[i - 1]) {
    if (!read_heads (&w, widths[i], error))
      return FALSE;
    parts[i] = split_heads (&w, slice (&w, all, first, first + widths[i], error), error);
    if (i > 0 && past != NULL)
      parts[i] = join_past (&w, pick (&w, past, i - 1, 0, error), parts[i], error);
    if (parts[i] == NULL)
      return FALSE;
  }
  if (!write_mask (&w, mask, bias, &added, error))
    return FALSE;
  results[0] = attend (&w, parts[0], parts[1], parts[2], added, error);
  if (results[0] == NULL || node->outputs->len < 2)
    return results[0] != NULL;
  for (int i = 1; i < 3; i++)
    parts[i] = gen_binary (
        w.graph, "Unsqueeze", parts[i], gen_graph_ints (w.graph, (gint64[]){ 0 }, 1), error);
  results[1] = gen_graph_op (w.graph, "Concat", parts + 1, 2, 1, error, "axis", GEN_INT, 0, NULL);
  return results[1] != NULL;
}

enum { INPUT, WEIGHTS, BIAS, MASK, PAST, ATTENTION_BIAS };

static gboolean
lower_attention (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *all = gen_binary (
      node->graph, "MatMul", gen_node_input (node, INPUT), gen_node_input (node, WEIGHTS), error);

  if (gen_node_input (node, BIAS) != NULL)
    all = gen_binary (node->graph, "Add", all, gen_node_input (node, BIAS), error);
  return attend_all (node, all, gen_node_input (node, MASK), gen_node_input (node, PAST),
      gen_node_input (node, ATTENTION_BIAS), results, error);
}

enum {
  Q_INPUT,
  Q_WEIGHTS,
  Q_BIAS,
  Q_SCALE,
  Q_WEIGHTS_SCALE,
  Q_MASK,
  Q_ZERO,
  Q_WEIGHTS_ZERO,
  Q_PAST
};

/* Input and weights are quantised; what they make is not. */
static gboolean
lower_quantized (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *scale = gen_node_input (node, Q_SCALE), *all;

  all = gen_graph_op (node->graph, "MatMulInteger",
      (GenTensor *[]){ gen_node_input (node, Q_INPUT), gen_node_input (node, Q_WEIGHTS),
          gen_node_input (node, Q_ZERO), gen_node_input (node, Q_WEIGHTS_ZERO) },
      4, 1, error, NULL);
  if (all == NULL)
    return FALSE;
  all = gen_qlinear_scale (node->graph, all, scale, &scale->shape,
      gen_node_input (node, Q_WEIGHTS_SCALE), &gen_node_input (node, Q_WEIGHTS_SCALE)->shape,
      error);
  all = gen_binary (node->graph, "Add", all, gen_node_input (node, Q_BIAS), error);
  return attend_all (node, all, gen_node_input (node, Q_MASK), gen_node_input (node, Q_PAST), NULL,
      results, error);
}

enum { QUERY, KEY, VALUE, M_BIAS, KEY_MASK, M_ATTENTION_BIAS, PAST_KEY, PAST_VALUE };

/* Queries, keys and values, of whichever input they come in, as [batch, heads, length, depth]. */
static gboolean
find_parts (Writing *w, GenTensor **parts, GError **error)
{
  GenTensor *query = gen_node_input (w->node, QUERY), *key = gen_node_input (w->node, KEY);
  GenTensor *value = gen_node_input (w->node, VALUE), *bias = gen_node_input (w->node, M_BIAS);
  gint64 first = 0;

  if (query->shape.rank == 5 && query->shape.dims[3] == 3 && key == NULL)
    for (int i = 0; i < 3; i++)
      parts[i] = pick (w, query, i, 3, error);
  else if (query->shape.rank == 3 && key != NULL && key->shape.rank == 5 &&
           key->shape.dims[3] == 2 && value == NULL)
    for (int i = 0; i < 3; i++)
      parts[i] = i == 0 ? query : pick (w, key, i - 1, 3, error);
  else if (query->shape.rank == 3 && key != NULL && value != NULL) {
    parts[0] = query;
    parts[1] = key;
    parts[2] = value;
  } else
    return gen_node_error (w->node, error, "its queries, keys and values have wrong shapes");
  for (int i = 0; i < 3; i++) {
    GenTensor *x = parts[i];
    gint64 width;

    if (x == NULL)
      return FALSE;
    if (x->shape.rank == 4 && i > 0 && x == gen_node_input (w->node, i))
      continue;             /* [batch, heads, length, depth] already, bias and all */
    if (x->shape.rank == 4) /* [batch, length, heads, depth] */
      x = gen_build_reshape (w->graph, x,
          &GEN_SHAPE (x->shape.dims[0], x->shape.dims[1], x->shape.dims[2] * x->shape.dims[3]),
          error);
    if (x == NULL || x->shape.rank != 3)
      return x != NULL && gen_node_error (w->node, error, "input %d has a wrong shape", i);
    width = x->shape.dims[2];
    if (!read_heads (w, width, error))
      return FALSE;
    if (bias != NULL)
      x = gen_binary (w->graph, "Add", x, slice (w, bias, first, first + width, error), error);
    first += width;
    parts[i] = split_heads (w, x, error);
    if (parts[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
lower_multi_head (GenNode *node, GenTensor **results, GError **error)
{
  Writing w = { .graph = node->graph, .node = node };
  GenTensor *parts[3], *past = gen_node_input (node, PAST_KEY), *added;

  for (guint i = 8; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      return gen_node_error (node, error, "input %u, of shared buffers, is not supported", i);
  if (gen_node_output (node, 3) != NULL)
    return gen_node_error (node, error, "its output qk is not supported");
  if ((past == NULL) != (gen_node_input (node, PAST_VALUE) == NULL) ||
      (past != NULL && past->shape.rank != 4))
    return gen_node_error (node, error, "past keys and values must both be there");
  w.past = past != NULL ? past->shape.dims[2] : 0;
  if (!find_parts (&w, parts, error))
    return FALSE;
  parts[1] = join_past (&w, past, parts[1], error);
  parts[2] = join_past (&w, gen_node_input (node, PAST_VALUE), parts[2], error);
  if (parts[1] == NULL || parts[2] == NULL)
    return FALSE;
  w.batch = parts[0]->shape.dims[0];
  w.queries = parts[0]->shape.dims[2];
  w.keys = parts[1]->shape.dims[2];
  if (!write_mask (&w, gen_node_input (node, KEY_MASK), gen_node_input (node, M_ATTENTION_BIAS),
          &added, error))
    return FALSE;
  results[0] = attend (&w, parts[0], parts[1], parts[2], added, error);
  for (guint i = 1; i < MIN (node->outputs->len, 3); i++)
    results[i] = parts[i];
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (microsoft_attention, "Attention", 2, 7, 2,
    "Attention of several heads, with the projections before it", lower_attention)
GEN_MICROSOFT_OPERATOR (microsoft_qattention, "QAttention", 5, 9, 2,
    "Attention of several heads, with quantised projections before it", lower_quantized,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_multi_head_attention, "MultiHeadAttention", 1, 10, 4,
    "Attention of several heads", lower_multi_head)

/* --- positions --- */

/* [batch, length]: as they are, or counted from one that is the same for all. */
static GenTensor *
find_positions (GenNode *node, gint64 batch, gint64 length, GError **error)
{
  GenTensor *given = gen_node_input (node, 1);
  g_autofree gint64 *places = NULL;

  if (given->shape.rank == 2)
    return given;
  if (gen_shape_elements (&given->shape) != 1) {
    gen_node_error (node, error, "its positions should be one number, or [batch, length]");
    return NULL;
  }
  places = g_new (gint64, length);
  for (gint64 i = 0; i < length; i++)
    places[i] = i;
  given =
      gen_binary (node->graph, "Add", given, gen_graph_ints (node->graph, places, length), error);
  return gen_binary (node->graph, "Expand", given,
      gen_graph_ints (node->graph, (gint64[]){ batch, length }, 2), error);
}

static gboolean
lower_rotary (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0), *cosines = gen_node_input (node, 2), *positions;
  gint64 heads = gen_node_int (node, "num_heads", 0);
  gint64 part = gen_node_int (node, "rotary_embedding_dim", 0);
  int rank = x->shape.rank;

  if ((rank != 3 && rank != 4) || cosines->shape.rank != 2)
    return gen_node_error (node, error, "its input must have 3 or 4 dimensions, its cosines 2");
  if (gen_node_float (node, "scale", 1) != 1 || gen_node_int (node, "is_packed_batching", 0) != 0)
    return gen_node_error (node, error, "scale and is_packed_batching are not supported");
  /* Without a count, a head is as wide as the cosines say. */
  if (rank == 3 && heads == 0 && cosines->shape.dims[1] > 0)
    heads = x->shape.dims[2] / (2 * cosines->shape.dims[1]);
  positions = find_positions (node, x->shape.dims[0], x->shape.dims[rank - 2], error);
  if (positions == NULL)
    return FALSE;
  results[0] = gen_graph_op (node->graph, "RotaryEmbedding",
      (GenTensor *[]){ x, cosines, gen_node_input (node, 3), positions }, 4, 1, error, "num_heads",
      GEN_INT, (int)heads, "rotary_embedding_dim", GEN_INT, (int)part, "interleaved", GEN_INT,
      (int)gen_node_int (node, "interleaved", 0), NULL);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (microsoft_rotary_embedding, "RotaryEmbedding", 4, 4, 1,
    "Positions as angles by which pairs of numbers are turned", lower_rotary)
