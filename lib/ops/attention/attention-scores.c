/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of scores that attention is about, where it is wanted itself, and for gradients. */
#include "attention-scores.h"

#include <math.h>

#include "../build.h"

GenTensor *
gen_attention_repeat (GenGraph *graph, GenTensor *x, gint64 group, GError **error)
{
  GenShape shape, wide;

  if (x == NULL || group == 1)
    return x;
  shape = wide = x->shape;
  /* [batch…, heads, length, depth] to [batch…, heads, group, length, depth] */
  for (int i = 0; i < 2; i++)
    wide.dims[shape.rank - i] = shape.dims[shape.rank - 1 - i];
  wide.dims[shape.rank - 2] = group;
  wide.rank++;
  x = gen_binary (
      graph, "Unsqueeze", x, gen_graph_ints (graph, (gint64[]){ shape.rank - 2 }, 1), error);
  x = gen_binary (graph, "Expand", x, gen_graph_ints (graph, wide.dims, wide.rank), error);
  shape.dims[shape.rank - 3] *= group;
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape.dims, shape.rank), error);
}

static GenTensor *
add_mask (GenGraph *graph, const GenAttentionSettings *settings, GenTensor *scores, GenTensor *mask,
    GError **error)
{
  gint64 queries, keys;
  float *causal;

  if (scores != NULL && mask != NULL && mask->type == GEN_TYPE_BOOL)
    scores = gen_graph_op (graph, "Where",
        (GenTensor *[]){ mask, scores, gen_graph_float (graph, -INFINITY) }, 3, 1, error, NULL);
  else if (mask != NULL)
    scores = gen_binary (graph, "Add", scores, mask, error);
  if (scores == NULL || !settings->causal)
    return scores;
  queries = scores->shape.dims[scores->shape.rank - 2];
  keys = scores->shape.dims[scores->shape.rank - 1];
  causal = g_new0 (float, queries *keys);
  for (gint64 q = 0; q < queries; q++)
    for (gint64 k = MAX (q + settings->past + 1, 0); k < keys; k++)
      causal[q * keys + k] = -INFINITY;
  return gen_binary (graph, "Add", scores,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (queries, keys),
          g_bytes_new_take (causal, queries * keys * sizeof (float))),
      error);
}

GenTensor *
gen_attention_scores (GenGraph *graph, const GenAttentionSettings *settings, GenTensor *q,
    GenTensor *k, GenTensor *mask, GenScores until, GError **error)
{
  GenTensor *scores;

  k = gen_attention_repeat (graph, k, settings->group, error);
  scores = gen_binary (graph, "MatMul", q, gen_build_swap (graph, k, error), error);
  scores = gen_binary (graph, "Mul", scores, gen_graph_float (graph, settings->scale), error);
  if (until >= GEN_SCORES_CAPPED && settings->softcap > 0) {
    scores = gen_binary (graph, "Div", scores, gen_graph_float (graph, settings->softcap), error);
    scores = gen_binary (graph, "Mul", gen_unary (graph, "Tanh", scores, error),
        gen_graph_float (graph, settings->softcap), error);
  }
  if (until >= GEN_SCORES_MASKED)
    scores = add_mask (graph, settings, scores, mask, error);
  return until < GEN_SCORES_WEIGHTS ? scores : gen_unary (graph, "Softmax", scores, error);
}

GenTensor *
gen_attention_write_out (
    GenGraph *graph, const GenNode *node, GenTensor *const *inputs, GError **error)
{
  const GenAttentionSettings settings = { .scale = gen_node_float (node, "scale", 1),
    .softcap = gen_node_float (node, "softcap", 0),
    .group = gen_node_int (node, "group", 1),
    .past = gen_node_int (node, "past", 0),
    .causal = gen_node_int (node, "causal", 0) != 0 };
  GenTensor *weights = gen_attention_scores (
      graph, &settings, inputs[0], inputs[1], inputs[3], GEN_SCORES_WEIGHTS, error);

  return gen_binary (graph, "MatMul", weights,
      gen_attention_repeat (graph, inputs[2], settings.group, error), error);
}
