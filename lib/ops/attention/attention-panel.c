/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Panels of queries, and what masks and places add to their scores. */
#include "attention-panel.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "../broadcast.h"

gboolean
gen_attention_panels_init (GenAttentionPanels *p, const GenNode *node, gboolean few, GError **error)
{
  const GenTensor *mask = gen_node_input (node, 3);

  *p = (GenAttentionPanels){ .scale = gen_node_float (node, "scale", 1),
    .softcap = gen_node_float (node, "softcap", 0),
    .causal = gen_node_int (node, "causal", 0) != 0,
    .past = gen_node_int (node, "past", 0),
    .masked = mask != NULL,
    .mask_is_bool = mask != NULL && mask->type == GEN_TYPE_BOOL };
  if (gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32 ||
      (mask != NULL && mask->type != GEN_TYPE_FLOAT32 && mask->type != GEN_TYPE_BOOL))
    return gen_node_error (node, error, "only float32 is supported");
  if (!gen_attention_extents_init (&p->e, node, error))
    return FALSE;
  if (mask != NULL)
    gen_tensor_broadcast_strides (mask, &p->e.scores, p->mask_strides);
  p->queries = p->e.queries * p->e.group;
  p->unit = gen_attention_unit (few ? p->queries : GEN_ATTENTION_MAX_PANEL);
  p->panel = p->unit->lanes > 1 ? 2 * p->unit->lanes : p->queries;
  return TRUE;
}

gint64
gen_attention_find_head (const GenAttentionPlace *place, gint64 number)
{
  return number / place->heads * place->item + number % place->heads * place->head;
}

gint64
gen_attention_rows (const GenAttentionPanels *p, gint64 first, gint64 last)
{
  return MIN (last - first, p->e.queries - first % p->e.queries);
}

/* Keys that a query may see but for its mask; those of a query of another head begin anew. */
static gint64
find_reach (const GenAttentionPanels *p, gint64 query)
{
  return p->causal ? CLAMP (query % p->e.queries + p->past + 1, 0, p->e.keys) : p->e.keys;
}

gint64
gen_attention_end (const GenAttentionPanels *p, gint64 first, gint64 last)
{
  gint64 own = gen_attention_rows (p, first, last);

  return find_reach (p, own < last - first ? p->e.queries - 1 : last - 1);
}

int
gen_attention_side (const GenAttentionPanels *p, gint64 queries)
{
  return (queries + p->unit->lanes - 1) / p->unit->lanes;
}

/* Where the vector of query `q` of an item of keys lies. */
static gint64
find_query (const GenAttentionPanels *p, const GenAttentionPlace *place, gint64 item, gint64 q)
{
  return gen_attention_find_head (place, item * p->e.group + q / p->e.queries) +
         q % p->e.queries * place->token;
}

void
gen_attention_pack (const GenAttentionPanels *p, const GenAttentionPlace *place, const float *from,
    gint64 n, gint64 item, gint64 first, gint64 last, float *to)
{
  gint64 panel = gen_attention_side (p, last - first) * p->unit->lanes;

  if (panel > last - first)
    memset (to, 0, n * panel * sizeof *to);
  for (gint64 q = first, rows; q < last; q += rows) {
    const float *at = from + find_query (p, place, item, q);

    rows = gen_attention_rows (p, q, last);
    for (gint64 i = 0; p->unit->lanes == 1 && i < rows; i++)
      memcpy (to + (q - first + i) * n, at + i * place->token, n * sizeof *to);
    if (p->unit->lanes > 1)
      p->unit->transpose (at, place->token, rows, n, to + q - first, panel);
  }
}

void
gen_attention_unpack (const GenAttentionPanels *p, const GenAttentionPlace *place,
    const float *from, gint64 n, gint64 item, gint64 first, gint64 last, float *to)
{
  gint64 panel = gen_attention_side (p, last - first) * p->unit->lanes;

  for (gint64 q = first, rows; q < last; q += rows) {
    float *at = to + find_query (p, place, item, q);

    rows = gen_attention_rows (p, q, last);
    for (gint64 i = 0; p->unit->lanes == 1 && i < rows; i++)
      memcpy (at + i * place->token, from + (q - first + i) * n, n * sizeof *to);
    if (p->unit->lanes > 1)
      p->unit->transpose (from + q - first, panel, n, rows, at, place->token);
  }
}

/* The mask of one query from `at` on: what is added to its scores. */
GEN_CLONES (void, read_mask,
    (const GenAttentionPanels *p, gconstpointer mask, gint64 at, gint64 keys, float *line),
    (p, mask, at, keys, line))
{
  const gint64 stride = p->mask_strides[p->e.scores.rank - 1];
  const guint8 *seen = (const guint8 *)mask + at;
  const float *added = (const float *)mask + at;
  /* 0 or -infinity without a branch, which nobody could foretell. */
  guint32 __attribute__ ((may_alias)) *bits = (guint32 *)line;

  if (p->mask_is_bool && stride == 1)
    for (gint64 k = 0; k < keys; k++)
      bits[k] = (guint32)(((gint32)seen[k] - 1) >> 31) << 23;
  else if (p->mask_is_bool)
    for (gint64 k = 0; k < keys; k++)
      bits[k] = (guint32)(((gint32)seen[k * stride] - 1) >> 31) << 23;
  else
    for (gint64 k = 0; k < keys; k++)
      line[k] = added[k * stride];
}

/* Where the mask of a query's head begins, in elements. */
static gint64
find_mask (const GenAttentionPanels *p, gint64 item, gint64 query)
{
  const GenAttentionExtents *e = &p->e;
  gint64 head = item * e->group + query / e->queries, at = 0;
  int rank = e->scores.rank;

  for (int d = rank - 3; d >= 0; d--) {
    at += head % e->scores.dims[d] * p->mask_strides[d];
    head /= e->scores.dims[d];
  }
  return at + query % e->queries * p->mask_strides[rank - 2];
}

void
gen_attention_foresee (const GenAttentionPanels *p, gconstpointer masks, gint64 item, gint64 first,
    gint64 last, gint64 begin, gint64 keys)
{
  const gint64 *strides = p->mask_strides + p->e.scores.rank - 2;
  const gsize size = p->mask_is_bool ? 1 : sizeof (float);

  for (gint64 q = first, n; strides[1] == 1 && q < last; q += n) {
    const char *at = (const char *)masks + (find_mask (p, item, q) + begin) * size;

    n = gen_attention_rows (p, q, last);
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
read_lines (const GenAttentionPanels *p, gconstpointer masks, gint64 item, gint64 first,
    gint64 last, gint64 begin, gint64 keys, float *lines)
{
  const gint64 *strides = p->mask_strides + p->e.scores.rank - 2;

  for (gint64 q = first, n; q < last; q += n) {
    gint64 at = p->masked ? find_mask (p, item, q) + begin * strides[1] : 0;
    gint64 reach = q % p->e.queries + p->past + 1 - begin;

    n = gen_attention_rows (p, q, last);
    for (gint64 i = 0; i < n; i++, lines += keys) {
      gint64 seen = p->causal ? CLAMP (reach + i, 0, keys) : keys;

      if (p->masked)
        read_mask (p, masks, at + i * strides[0], seen, lines);
      else
        memset (lines, 0, seen * sizeof *lines);
      for (gint64 k = seen; k < keys; k++)
        lines[k] = -INFINITY;
    }
  }
}

gboolean
gen_attention_panel_mask (const GenAttentionPanels *p, gconstpointer masks, float *own,
    float *panel_mask, gint64 item, gint64 first, gint64 last, gint64 begin, gint64 keys,
    const float **mask)
{
  const gint64 *strides = p->mask_strides + p->e.scores.rank - 2;
  const float *lines = own;
  gint64 panel = gen_attention_side (p, last - first) * p->unit->lanes, stride = keys;
  gboolean one_head = gen_attention_rows (p, first, last) == last - first;
  gboolean cut = find_reach (p, one_head ? first : 0) < begin + keys;

  *mask = NULL;
  if (!p->masked && !cut)
    return TRUE;
  if (one_head && !cut && !p->mask_is_bool && strides[1] == 1) {
    lines = (const float *)masks + find_mask (p, item, first) + begin;
    stride = strides[0];
  } else
    read_lines (p, masks, item, first, last, begin, keys, own);
  if (!sees_any (lines, stride, last - first, keys))
    return FALSE;
  *mask = panel_mask;
  if (panel > last - first)
    memset (panel_mask, 0, keys * panel * sizeof (float));
  if (p->unit->lanes > 1)
    p->unit->transpose (lines, stride, last - first, keys, panel_mask, panel);
  for (gint64 i = 0; p->unit->lanes == 1 && i < last - first; i++)
    memcpy (panel_mask + i * keys, lines + i * stride, keys * sizeof (float));
  return TRUE;
}

const float *
gen_attention_gather (const float *from, gint64 stride, gint64 rows, gint64 n, float *to)
{
  if (stride == n)
    return from;
  for (gint64 i = 0; i < rows; i++)
    memcpy (to + i * n, from + i * stride, n * sizeof *to);
  return to;
}
