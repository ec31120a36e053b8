/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention from opset 23 on: heads, past keys and values, and masks around
 * ScaledDotProductAttention, written out in ordinary nodes. */
#include <math.h>

#include "attention-mask.h"
#include "attention-scores.h"
#include "../build.h"

enum { Q, K, V, MASK, PAST_K, PAST_V, LENGTHS, N_INPUTS };

typedef struct {
  GenGraph *graph;
  const GenNode *node;
  GenTensor *inputs[N_INPUTS];
  gboolean flat; /* heads and depth are one dimension: [batch, length, heads * depth] */
  gint64 batch, q_heads, heads, queries, past;
  gboolean causal; /* what is not in the mask already */
} Writing;

static gboolean
read_extents (Writing *w, GError **error)
{
  const GenShape *q = &gen_node_input (w->node, Q)->shape;
  const GenShape *k = &gen_node_input (w->node, K)->shape;
  const GenShape *v = &gen_node_input (w->node, V)->shape;
  const GenTensor *past = gen_node_input (w->node, PAST_K);

  w->flat = q->rank == 3;
  if ((q->rank != 3 && q->rank != 4) || k->rank != q->rank || v->rank != q->rank)
    return gen_node_error (w->node, error, "Q, K and V must all have 3 or all 4 dimensions");
  w->batch = q->dims[0];
  w->q_heads = w->flat ? gen_node_int (w->node, "q_num_heads", 0) : q->dims[1];
  w->heads = w->flat ? gen_node_int (w->node, "kv_num_heads", 0) : k->dims[1];
  w->queries = q->dims[w->flat ? 1 : 2];
  if (w->q_heads < 1 || w->heads < 1 || w->q_heads % w->heads != 0 ||
      (w->flat && (q->dims[2] % w->q_heads != 0 || k->dims[2] % w->heads != 0 ||
                      v->dims[2] % w->heads != 0)))
    return gen_node_error (w->node, error,
        "%" G_GINT64_FORMAT " heads of queries and %" G_GINT64_FORMAT
        " of keys and values do not fit its inputs",
        w->q_heads, w->heads);
  if ((past == NULL) != (gen_node_input (w->node, PAST_V) == NULL) ||
      (past != NULL && past->shape.rank != 4))
    return gen_node_error (
        w->node, error, "past keys and values must both be there, of 4 dimensions");
  w->past = past != NULL ? past->shape.dims[2] : 0;
  return TRUE;
}

/* [batch, length, heads * depth] as [batch, heads, length, depth]. */
static GenTensor *
split_heads (Writing *w, GenTensor *x, gint64 heads, GError **error)
{
  gint64 shape[] = { 0, 0, heads, -1 };

  if (!w->flat)
    return x;
  x = gen_binary (w->graph, "Reshape", x, gen_graph_ints (w->graph, shape, 4), error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (
      w->graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 1, 3 }, NULL);
}

static GenTensor *
join_heads (Writing *w, GenTensor *x, GError **error)
{
  if (!w->flat || x == NULL)
    return x;
  x = gen_graph_op (
      w->graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 1, 3 }, NULL);
  return gen_binary (
      w->graph, "Reshape", x, gen_graph_ints (w->graph, (gint64[]){ 0, 0, -1 }, 3), error);
}

/* What came before, and then `x`. */
static GenTensor *
join_past (Writing *w, GenTensor *past, GenTensor *x, GError **error)
{
  if (past == NULL || x == NULL)
    return x;
  return gen_graph_op (
      w->graph, "Concat", (GenTensor *[]){ past, x }, 2, 1, error, "axis", GEN_INT, 2, NULL);
}

static GenAttentionSettings
read_settings (const Writing *w, const GenTensor *q)
{
  double depth = q->shape.dims[3];

  return (GenAttentionSettings){ .scale = gen_node_float (w->node, "scale", 1 / sqrt (depth)),
    .softcap = gen_node_float (w->node, "softcap", 0),
    .group = w->q_heads / w->heads,
    .past = w->past,
    .causal = w->causal };
}

/* Weights of queries that see no key are zeros. */
static GenTensor *
zero_unseeing (GenGraph *graph, GenTensor *masked, GenTensor *weights, GError **error)
{
  const gint64 axis = -1;
  GenTensor *most = gen_build_reduce (graph, "ReduceMax", masked, &axis, 1, error);
  GenTensor *blind = gen_binary (graph, "Equal", most, gen_graph_float (graph, -INFINITY), error);

  if (blind == NULL || weights == NULL)
    return NULL;
  return gen_graph_op (graph, "Where",
      (GenTensor *[]){ blind, gen_graph_float (graph, 0), weights }, 3, 1, error, NULL);
}

/* The output qk_matmul_output: the scores, as far as the node asks for them. */
static GenTensor *
expose_scores (Writing *w, GenTensor *q, GenTensor *k, GError **error)
{
  const GenAttentionSettings settings = read_settings (w, q);
  gint64 mode = gen_node_int (w->node, "qk_matmul_output_mode", 0);
  GenTensor *mask = w->inputs[MASK], *scores;
  GenDataType type = q->type;

  if (mode < GEN_SCORES_PRODUCT || mode > GEN_SCORES_WEIGHTS) {
    gen_node_error (
        w->node, error, "qk_matmul_output_mode is %" G_GINT64_FORMAT ", not 0 to 3", mode);
    return NULL;
  }
  q = gen_build_cast (w->graph, q, GEN_TYPE_FLOAT32, error);
  k = gen_build_cast (w->graph, k, GEN_TYPE_FLOAT32, error);
  if (mask != NULL && mask->type != GEN_TYPE_BOOL)
    mask = gen_build_cast (w->graph, mask, GEN_TYPE_FLOAT32, error);
  scores =
      gen_attention_scores (w->graph, &settings, q, k, mask, MIN (mode, GEN_SCORES_MASKED), error);
  if (mode == GEN_SCORES_WEIGHTS)
    scores =
        zero_unseeing (w->graph, scores, gen_unary (w->graph, "Softmax", scores, error), error);
  return gen_build_cast (w->graph, scores, type, error);
}

static GenTensor *
attend (Writing *w, GenTensor *q, GenTensor *k, GenTensor *v, GError **error)
{
  const GenAttentionSettings s = read_settings (w, q);

  /* Values may be of a type of their own; the result is of that of queries. */
  v = gen_build_cast (w->graph, v, q->type, error);
  if (v == NULL)
    return NULL;
  return gen_graph_op (w->graph, "ScaledDotProductAttention",
      (GenTensor *[]){ q, k, v, w->inputs[MASK] }, w->inputs[MASK] != NULL ? 4 : 3, 1, error,
      "scale", GEN_FLOAT, s.scale, "group", GEN_INT, (int)s.group, "causal", GEN_INT, s.causal,
      "past", GEN_INT, (int)s.past, "softcap", GEN_FLOAT, s.softcap, "zero_unseeing", GEN_INT, 1,
      NULL);
}

/* A mask of fewer keys hides the others. */
static GenTensor *
lengthen_mask (Writing *w, GenTensor *mask, gint64 keys, GError **error)
{
  gint64 pads[2 * GEN_MAX_RANK] = { 0 };
  int rank = mask != NULL ? mask->shape.rank : 0;
  GenTensor *hidden;

  if (rank == 0 || mask->shape.dims[rank - 1] == 1 || mask->shape.dims[rank - 1] >= keys)
    return mask;
  pads[2 * rank - 1] = keys - mask->shape.dims[rank - 1];
  hidden = gen_build_cast (w->graph,
      gen_graph_float (w->graph, mask->type == GEN_TYPE_BOOL ? 0 : -INFINITY), mask->type, error);
  return gen_graph_op (w->graph, "Pad",
      (GenTensor *[]){ mask, gen_graph_ints (w->graph, pads, 2 * rank), hidden }, 3, 1, error,
      NULL);
}

/* The mask, and whether queries see no keys behind them: where both stand may hide more. */
static gboolean
find_mask (Writing *w, const GenTensor *k, GError **error)
{
  GenTensor **mask = &w->inputs[MASK], *given = *mask;
  const GenAttentionReach reach = { .queries = w->queries,
    .keys = k->shape.dims[2],
    .past = w->past,
    .lengths = w->inputs[LENGTHS],
    .causal = gen_node_int (w->node, "is_causal", 0) != 0,
    .left = gen_node_int (w->node, "left_window_size", -1),
    .right = gen_node_int (w->node, "right_window_size", -1) };

  w->causal = reach.causal;
  *mask = lengthen_mask (w, given, reach.keys, error);
  if (given != NULL && *mask == NULL)
    return FALSE;
  if (!gen_attention_reach_is_mask (&reach))
    return TRUE;
  if (reach.lengths != NULL && (reach.lengths->type != GEN_TYPE_INT64 ||
                                   gen_shape_elements (&reach.lengths->shape) != w->batch))
    return gen_node_error (
        w->node, error, "its nonpad_kv_seqlen should be one int64 for each item of the batch");
  w->causal = FALSE;
  *mask = gen_attention_mask (w->graph, &reach, *mask, error);
  return *mask != NULL;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  Writing w = { .graph = node->graph, .node = node };
  GenTensor *outputs[4] = { NULL }, *q, *k, *v;

  if (!read_extents (&w, error))
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++)
    w.inputs[i] = gen_node_input (node, i);
  q = split_heads (&w, w.inputs[Q], w.q_heads, error);
  k = join_past (&w, w.inputs[PAST_K], split_heads (&w, w.inputs[K], w.heads, error), error);
  v = join_past (&w, w.inputs[PAST_V], split_heads (&w, w.inputs[V], w.heads, error), error);
  if (q == NULL || k == NULL || v == NULL || !find_mask (&w, k, error))
    return FALSE;
  outputs[0] = join_heads (&w, attend (&w, q, k, v, error), error);
  outputs[1] = k;
  outputs[2] = v;
  if (gen_node_output (node, 3) != NULL && (outputs[3] = expose_scores (&w, q, k, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < MIN (node->outputs->len, G_N_ELEMENTS (outputs)); i++)
    results[i] = outputs[i];
  return outputs[0] != NULL;
}

const GenOperator gen_operator_attention = {
  .name = "Attention",
  .summary = "Scaled dot-product attention of several heads",
  .since = 23,
  .min_inputs = 3,
  .max_inputs = N_INPUTS,
  .min_outputs = 1,
  .max_outputs = 4,
  .layouts = GEN_LAYOUTS_PLAIN,
  .lower = lower,
};
