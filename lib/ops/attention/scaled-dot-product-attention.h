/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* Where the vectors of a head lie, in elements. */
typedef struct {
  gint64 heads;             /* of an item of the batch */
  gint64 item, head, token; /* from one to the next */
} GenAttentionPlace;

/* Q is [batch…, queries, depth], K [batch…, keys, depth], V [batch…, keys, width]; `group` items
 * of Q's batch in a row share one of K and V. Of an operand whose bit is in tokens_first, the last
 * dimension of the batch (the heads) stands behind the queries or keys. */
typedef struct {
  gint64 items, group, queries, keys, depth, width;
  GenShape scores; /* [batch…, queries, keys] */
  GenShape output;
  GenAttentionPlace q, k, v, out;
} GenAttentionExtents;

/* Of a node of ScaledDotProductAttention. */
GEN_PRIVATE_API gboolean gen_attention_extents_init (
    GenAttentionExtents *extents, const GenNode *node, GError **error);
