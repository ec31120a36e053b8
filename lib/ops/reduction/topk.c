/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TopK: the k largest or smallest elements along an axis, in order, and where they were; of equal
 * ones those that come first. A heap holds the best so far, its worst on top; where many are wanted
 * of many, all are sorted. */
#include "topk.h"

#include "../../simd.h"
#include "../indexing/indices.h"
#include "order.h"
#include "sort.h"

/* Lines that are searched together where their elements lie side by side, and what is between
 * their keys, so that they do not meet in the cache. */
#define LINES 16
#define PADDING 8
/* Keys that are looked at together. */
#define BLOCK 16

typedef struct {
  gint64 outer, n, inner, k;
  gint64 flip;  /* -1 turns the order of keys around, 0 leaves it */
  gint64 lines; /* up to LINES */
  gboolean sorts;
  gsize part_size; /* bytes of scratch */
} TopK;

gboolean
gen_topk_find (const GenNode *node, int *axis, gint64 *k, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  int n;

  *axis = gen_axis (gen_node_int (node, "axis", -1), shape->rank);
  *k = gen_node_int (node, "k", -1);
  if (gen_node_input (node, 1) != NULL &&
      (!gen_tensor_ints (gen_node_input (node, 1), k, 1, &n) || n != 1))
    return gen_node_error (node, error, "k must be a constant integer");
  if (*axis < 0 || *k < 0 || *k > shape->dims[*axis])
    return gen_node_error (node, error,
        "its axis is out of range, or has less than %" G_GINT64_FORMAT " elements", *k);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape shape = x->shape;
  gint64 k;
  int axis;

  if (!gen_topk_find (node, &axis, &k, error))
    return FALSE;
  shape.dims[axis] = k;
  gen_node_set_output (node, 0, x->type, &shape);
  gen_node_set_output (node, 1, GEN_TYPE_INT64, &shape);
  return TRUE;
}

static inline gboolean
is_better (const gint64 *keys, gint64 a, gint64 b)
{
  return keys[a] > keys[b] || (keys[a] == keys[b] && a < b);
}

/* Let `place` sink from the top of a heap of `n` to where none below it is worse. */
static void
sink (const gint64 *keys, gint64 *heap, gint64 n, gint64 at, gint64 place)
{
  for (gint64 child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && is_better (keys, heap[child], heap[child + 1]))
      child++;
    if (is_better (keys, heap[child], place))
      break;
    heap[at] = heap[child];
  }
  heap[at] = place;
}

/* The first of the keys from `i` on that is above `key`; n where there is none. */
GEN_CLONES (
    gint64, next_above, (const gint64 *keys, gint64 i, gint64 n, gint64 key), (keys, i, n, key))
{
  for (; i + BLOCK <= n; i += BLOCK) {
    int above = 0;

    for (int k = 0; k < BLOCK; k++)
      above |= keys[i + k] > key;
    if (above)
      break;
  }
  while (i < n && keys[i] <= key)
    i++;
  return i;
}

/* The places of the k best of `n` keys, the best first. */
static void
select_best (const gint64 *keys, gint64 n, gint64 *heap, gint64 k)
{
  for (gint64 i = 0; i < k; i++)
    heap[i] = i;
  for (gint64 i = k / 2; i > 0; i--)
    sink (keys, heap, k, i - 1, heap[i - 1]);
  /* Of equal ones the first stays. */
  for (gint64 i = k; (i = next_above (keys, i, n, keys[heap[0]])) < n; i++)
    sink (keys, heap, k, 0, i);
  for (gint64 i = k; i > 1; i--) {
    gint64 worst = heap[0];

    sink (keys, heap, i - 1, 0, heap[i - 1]);
    heap[i - 1] = worst;
  }
}

/* The same by sorting; `items`: room for twice n. */
static void
sort_best (const gint64 *keys, gint64 n, gint64 *best, gint64 k, GenSortItem *items)
{
  const GenSortItem *sorted;

  for (gint64 i = 0; i < n; i++)
    items[i] = (GenSortItem){ ~((guint64)keys[i] ^ (guint64)1 << 63), i };
  sorted = gen_sort (items, items + n, n);
  for (gint64 i = 0; i < k; i++)
    best[i] = sorted[i].place;
}

/* The keys of `lines` lines side by side, which are `x`, each on its own. */
static void
read_keys (const TopK *t, GenDataType type, const char *x, gint64 lines, gint64 *keys)
{
  const gsize size = gen_data_type_size (type);
  gint64 across[LINES];

  if (lines == 1) {
    gen_order_keys (type, x, t->inner, keys, t->n);
    for (gint64 i = 0; i < t->n; i++)
      keys[i] ^= t->flip;
    return;
  }
  for (gint64 i = 0; i < t->n; i++) {
    gen_order_keys (type, x + i * t->inner * (gint64)size, 1, across, lines);
    for (gint64 line = 0; line < lines; line++)
      keys[line * (t->n + PADDING) + i] = across[line] ^ t->flip;
  }
}

/* Write the best of one line, number `inner` of those of number `outer`. */
static void
write_best (const GenKernel *kernel, gsize outer, gsize inner, const gint64 *best)
{
  const TopK *t = kernel->state;
  const gsize size = gen_data_type_size (gen_node_input (kernel->node, 0)->type);
  const char *x = (const char *)kernel->inputs[0] + (outer * t->n * t->inner + inner) * size;
  gint64 *places = kernel->node->outputs->len > 1 ? kernel->outputs[1] : NULL;
  char *values = kernel->outputs[0];

  for (gint64 k = 0; k < t->k; k++) {
    const gsize to = (outer * t->k + k) * t->inner + inner;
    const gint64 from = best[k] * t->inner;

    if (places != NULL)
      places[to] = best[k];
    if (values != NULL)
      gen_indices_take (x, &from, values + to * size, 1, size);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const TopK *t = kernel->state;
  const GenDataType type = gen_node_input (kernel->node, 0)->type;
  const gsize size = gen_data_type_size (type), groups = (t->inner + t->lines - 1) / t->lines;
  gint64 *keys = (gint64 *)((char *)kernel->scratch + part * t->part_size);
  gint64 *best = keys + t->lines * (t->n + PADDING);
  gsize first, end;

  gen_kernel_share (t->outer * groups, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const gsize outer = i / groups, inner = i % groups * t->lines;
    const gint64 lines = MIN (t->lines, t->inner - (gint64)inner);

    read_keys (t, type, (const char *)kernel->inputs[0] + (outer * t->n * t->inner + inner) * size,
        lines, keys);
    for (gint64 line = 0; line < lines; line++) {
      const gint64 *own = keys + line * (t->n + PADDING);

      if (t->sorts)
        sort_best (own, t->n, best, t->k, (GenSortItem *)(best + t->k));
      else
        select_best (own, t->n, best, t->k);
      write_best (kernel, outer, inner + line, best);
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  TopK *t = g_new0 (TopK, 1);
  int axis, parts;

  kernel->state = t;
  kernel->free_state = g_free;
  if (!gen_topk_find (kernel->node, &axis, &t->k, error))
    return FALSE;
  if (!gen_order_has_keys (x->type))
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  t->outer = gen_shape_product (&x->shape, 0, axis);
  t->n = x->shape.dims[axis];
  t->inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  t->flip = gen_node_int (kernel->node, "largest", 1) != 0 ? 0 : -1;
  t->lines = CLAMP (t->inner, 1, LINES);
  /* Passes over few elements would cost more than a heap of them. */
  t->sorts = t->n >= 256 && t->k >= t->n / 16;
  t->part_size = (t->lines * (t->n + PADDING) + t->k) * sizeof (gint64) +
                 (t->sorts ? 2 * t->n * sizeof (GenSortItem) : 0);
  parts = (int)MIN (gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 4),
      MAX (t->outer * ((t->inner + t->lines - 1) / t->lines), 1));
  kernel->scratch_size = parts * t->part_size;
  if (t->k > 0)
    gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;

  if (!g->needed[0] || g->outputs[0] == NULL)
    return TRUE;
  if (gen_node_output (g->node, 1) == NULL)
    return gen_node_error (g->node, error, "its gradient needs its second output");
  g->inputs[0] = gen_graph_op (g->graph, "ScatterElements",
      (GenTensor *[]){
          gen_graph_full (g->graph, shape, 0), gen_node_output (g->node, 1), g->outputs[0] },
      3, 1, error, "axis", GEN_INT, (int)gen_node_int (g->node, "axis", -1), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_topk = {
  .name = "TopK",
  .summary = "The largest or smallest elements along an axis",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 2,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
