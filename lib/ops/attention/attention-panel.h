/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "attention-unit.h"
#include "scaled-dot-product-attention.h"

#define GEN_ATTENTION_KEYS 84 /* at a time: whole tiles, and these stay near the core */

/**
 * A node of ScaledDotProductAttention, or of its gradient, as panels of queries. The heads that
 * share keys and values are one item: their queries are as so many more, one head's after the
 * other's.
 */
typedef struct {
  GenAttentionExtents e;
  const GenAttentionUnit *unit;
  float scale, softcap; /* 0: none */
  gboolean causal;
  gint64 past; /* keys before the first query, which causal queries see */
  gboolean masked, mask_is_bool;
  gint64 mask_strides[GEN_MAX_RANK];
  gint64 queries; /* of an item of keys */
  gint64 panel;   /* queries at most */
} GenAttentionPanels;

/* `few`: few queries may be rows. Its operands are of float32, or it says so. */
gboolean gen_attention_panels_init (
    GenAttentionPanels *panels, const GenNode *node, gboolean few, GError **error);
gint64 gen_attention_find_head (const GenAttentionPlace *place, gint64 number);
/* Those of queries [first, last) that are of the first one's head. */
gint64 gen_attention_rows (const GenAttentionPanels *panels, gint64 first, gint64 last);
/* The vectors of a panel of queries; where these are rows, so many. */
int gen_attention_side (const GenAttentionPanels *panels, gint64 queries);
/* The keys up to the last that one of queries [first, last) may see but for a mask. */
gint64 gen_attention_end (const GenAttentionPanels *panels, gint64 first, gint64 last);
/* Queries [first, last), of n numbers each, as a panel with zeros beyond the last; and back. */
void gen_attention_pack (const GenAttentionPanels *panels, const GenAttentionPlace *place,
    const float *from, gint64 n, gint64 item, gint64 first, gint64 last, float *to);
void gen_attention_unpack (const GenAttentionPanels *panels, const GenAttentionPlace *place,
    const float *from, gint64 n, gint64 item, gint64 first, gint64 last, float *to);
/* What is added to the scores of queries [first, last) with `keys` keys from `begin` on, in *mask:
 * `panel_mask`, or NULL for nothing. `lines` has room for as much. FALSE: none sees any of them. */
gboolean gen_attention_panel_mask (const GenAttentionPanels *panels, gconstpointer masks,
    float *lines, float *panel_mask, gint64 item, gint64 first, gint64 last, gint64 begin,
    gint64 keys, const float **mask);
/* Masks come nearer, while others are at work. */
void gen_attention_foresee (const GenAttentionPanels *panels, gconstpointer masks, gint64 item,
    gint64 first, gint64 last, gint64 begin, gint64 keys);
/* Rows side by side, at `to` where they are not so already: rows whose stride is a power of two
 * would fight for the same places in the cache. */
const float *gen_attention_gather (
    const float *from, gint64 stride, gint64 rows, gint64 n, float *to);
/* Floats, in whole vectors. */
static inline gsize
gen_attention_room (gsize floats)
{
  return (floats + 15) & ~(gsize)15;
}
