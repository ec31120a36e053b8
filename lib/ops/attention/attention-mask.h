/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* Which keys a query may see by where both stand. The first query stands behind `past` keys or,
 * where `lengths` is given, the last one at the end of so many keys, for each item of a batch. */
typedef struct {
  gint64 queries, keys;
  gint64 past;
  GenTensor *lengths; /* int64 [batch], of the keys that are none of padding; NULL: all */
  gboolean causal;
  gint64 left, right; /* neighbours that a query sees, -1 for all */
} GenAttentionReach;

/* Whether that is more than `causal` behind `past`, which the kernel knows itself. */
gboolean gen_attention_reach_is_mask (const GenAttentionReach *reach);
/* All of it as a mask: TRUE where a key is seen, [batch or 1, 1, queries or 1, keys]; and as far as
 * `mask` (may be NULL) lets it be seen. A mask of numbers is added to scores. */
GenTensor *gen_attention_mask (
    GenGraph *graph, const GenAttentionReach *reach, GenTensor *mask, GError **error);
