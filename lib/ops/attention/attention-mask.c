/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masks of attention by the places of queries and keys: padding behind the keys, windows around
 * the queries. They are written out in ordinary nodes, of which nothing is left to compute where
 * no lengths come in. */
#include "attention-mask.h"

#include <math.h>

#include "../build.h"

gboolean
gen_attention_reach_is_mask (const GenAttentionReach *reach)
{
  return reach->lengths != NULL || reach->left >= 0 || reach->right >= 0;
}

/* first, first + 1, … along one of the last two dimensions of four. */
static GenTensor *
count (GenGraph *graph, gint64 first, gint64 n, int axis)
{
  GenShape shape = GEN_SHAPE (1, 1, 1, 1);
  gint64 *values = g_new (gint64, MAX (n, 1));

  shape.dims[axis] = n;
  for (gint64 i = 0; i < n; i++)
    values[i] = first + i;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &shape, g_bytes_new_take (values, n * sizeof (gint64)));
}

static GenTensor *
shift (GenGraph *graph, GenTensor *x, gint64 by, GError **error)
{
  return gen_binary (graph, "Add", x, gen_graph_ints (graph, &by, 1), error);
}

/* `seen`, and what `also` says as well. */
static GenTensor *
join (GenGraph *graph, GenTensor *seen, GenTensor *also, GError **error)
{
  return seen != NULL ? gen_binary (graph, "And", seen, also, error) : also;
}

static GenTensor *
find_seen (GenGraph *graph, const GenAttentionReach *reach, GError **error)
{
  GenTensor *keys = count (graph, 0, reach->keys, 3), *queries, *lengths, *seen = NULL;

  if (reach->lengths != NULL) {
    lengths = gen_build_reshape (graph, reach->lengths,
        &GEN_SHAPE (gen_shape_elements (&reach->lengths->shape), 1, 1, 1), error);
    seen = gen_binary (graph, "Less", keys, lengths, error);
    queries = gen_binary (
        graph, "Add", lengths, count (graph, -reach->queries, reach->queries, 2), error);
    if (seen == NULL)
      return NULL;
  } else {
    queries = count (graph, reach->past, reach->queries, 2);
  }
  if (reach->causal)
    seen = join (graph, seen, gen_binary (graph, "LessOrEqual", keys, queries, error), error);
  if (reach->right >= 0)
    seen = join (graph, seen,
        gen_binary (graph, "LessOrEqual", keys, shift (graph, queries, reach->right, error), error),
        error);
  if (reach->left >= 0)
    seen = join (graph, seen,
        gen_binary (
            graph, "GreaterOrEqual", keys, shift (graph, queries, -reach->left, error), error),
        error);
  return seen;
}

GenTensor *
gen_attention_mask (
    GenGraph *graph, const GenAttentionReach *reach, GenTensor *mask, GError **error)
{
  GenTensor *seen = find_seen (graph, reach, error), *hidden;

  if (seen == NULL || mask == NULL)
    return seen;
  if (mask->type == GEN_TYPE_BOOL)
    return gen_binary (graph, "And", mask, seen, error);
  hidden = gen_build_cast (graph, gen_graph_float (graph, -INFINITY), mask->type, error);
  return hidden == NULL ? NULL
                        : gen_graph_op (graph, "Where", (GenTensor *[]){ seen, mask, hidden }, 3, 1,
                              error, NULL);
}
