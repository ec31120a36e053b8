/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* What is done to queries and keys, [batch…, heads, length, depth], before their weights meet the
 * values. */
typedef struct {
  double scale, softcap; /* softcap 0: none */
  gint64 group;          /* heads of queries that share one of keys */
  gint64 past;           /* keys before the first query */
  gboolean causal;
} GenAttentionSettings;

/* How far the scores have come. */
typedef enum {
  GEN_SCORES_PRODUCT, /* scale * Q K' */
  GEN_SCORES_CAPPED,
  GEN_SCORES_MASKED,
  GEN_SCORES_WEIGHTS, /* Softmax */
} GenScores;

/* The scores in ordinary nodes, of float32; `mask` may be NULL. */
GenTensor *gen_attention_scores (GenGraph *graph, const GenAttentionSettings *settings,
    GenTensor *q, GenTensor *k, GenTensor *mask, GenScores until, GError **error);
/* Keys or values once for each head of queries. */
GenTensor *gen_attention_repeat (GenGraph *graph, GenTensor *x, gint64 group, GError **error);
/* What a node of ScaledDotProductAttention makes, or what one of its gradient is about, of
 * queries, keys, values and a mask, which may be NULL. */
GenTensor *gen_attention_write_out (
    GenGraph *graph, const GenNode *node, GenTensor *const *inputs, GError **error);
