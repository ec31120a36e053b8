/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a value hangs on free extents is told by giving them others: the graph is inferred once
 * more, and what inference has computed twice with the same result is a constant. */
#include "settle.h"

#include <string.h>

#include "layers.h"

/* Of constants that are larger than what they are made of. */
#define MOST_GROWTH ((gsize)64 << 10)

/* A copy whose free extents are others than those of `shaped`; NULL where it cannot be inferred, or
 * nothing is free. What is free behind the batch is doubled, since nets halve it. */
static GenGraph *
infer_otherwise (const GenGraph *graph, const GenGraph *shaped)
{
  g_autoptr (GenGraph) other = gen_graph_copy (graph);
  gboolean differs = FALSE;

  for (guint i = 0; i < other->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (other->inputs, i);
    const GenTensor *known = gen_graph_find (shaped, input->name);

    if (known == NULL || known->shape.rank != input->shape.rank)
      return NULL;
    for (int d = 0; d < input->shape.rank; d++) {
      if (input->shape.dims[d] >= 0)
        continue;
      input->shape.dims[d] = d == 0 ? known->shape.dims[d] + 1 : 2 * known->shape.dims[d];
      differs = TRUE;
    }
  }
  return differs && gen_graph_infer (other, NULL) ? g_steal_pointer (&other) : NULL;
}

static gboolean
is_free (const GenGraph *graph)
{
  for (guint i = 0; i < graph->inputs->len; i++)
    if (!gen_shape_is_known (&((const GenTensor *)graph->inputs->pdata[i])->shape))
      return TRUE;
  return FALSE;
}

/* What inference has made of the value `tensor`; NULL where that is no constant. */
static const GenTensor *
find_constant (const GenGraph *graph, const GenTensor *tensor)
{
  const GenTensor *found = gen_graph_find (graph, tensor->name);

  return found != NULL && found->role == GEN_ROLE_CONSTANT && found->data != NULL ? found : NULL;
}

/* Bytes of the constants that `node` reads in the inferred graph. */
static gsize
count_read (const GenGraph *shaped, const GenNode *node)
{
  gsize n = 0;

  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);
    const GenTensor *known = input != NULL ? gen_graph_find (shaped, input->name) : NULL;

    if (known != NULL && known->role == GEN_ROLE_CONSTANT)
      n += gen_tensor_size (known);
  }
  return n;
}

static gboolean
is_same (const GenTensor *a, const GenTensor *b)
{
  return a->type == b->type && gen_shape_equal (&a->shape, &b->shape) &&
         g_bytes_equal (a->data, b->data);
}

static gboolean
settle_value (GenGraph *graph, const GenGraph *shaped, const GenGraph *other, GenTensor *tensor)
{
  const GenTensor *known = find_constant (shaped, tensor);
  const GenTensor *again = known != NULL ? find_constant (other, tensor) : NULL;

  if (again == NULL || !is_same (known, again) || g_ptr_array_find (graph->outputs, tensor, NULL) ||
      gen_tensor_size (known) > count_read (shaped, tensor->producer) + MOST_GROWTH)
    return FALSE;
  tensor->role = GEN_ROLE_CONSTANT;
  tensor->type = known->type;
  tensor->shape = known->shape;
  tensor->data = g_bytes_ref (known->data);
  return TRUE;
}

/* A node that makes nothing any more goes. */
static void
drop_makers (GenGraph *graph)
{
  for (guint i = graph->nodes->len; i-- > 0;) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    gboolean makes = FALSE;

    for (guint k = 0; k < node->outputs->len; k++)
      makes = makes || (gen_node_output (node, k) != NULL &&
                           gen_node_output (node, k)->role == GEN_ROLE_VALUE);
    if (makes)
      continue;
    for (guint k = 0; k < node->outputs->len; k++)
      if (gen_node_output (node, k) != NULL)
        gen_node_output (node, k)->producer = NULL;
    g_ptr_array_remove_index (graph->nodes, i);
  }
}

/* The shape that `node`, a Reshape, is given, with -1 for the one extent that is free. */
static gboolean
settle_shape (GenGraph *graph, const GenGraph *shaped, const GenGraph *other, GenNode *node)
{
  const GenTensor *shape = gen_node_input (node, 1), *known, *again;
  gint64 a[GEN_MAX_RANK], b[GEN_MAX_RANK];
  int n, m, free = 0;

  if (shape == NULL || shape->role != GEN_ROLE_VALUE ||
      (known = find_constant (shaped, shape)) == NULL ||
      (again = find_constant (other, shape)) == NULL ||
      !gen_tensor_ints (known, a, GEN_MAX_RANK, &n) ||
      !gen_tensor_ints (again, b, GEN_MAX_RANK, &m) || n != m)
    return FALSE;
  for (int i = 0; i < n; i++) {
    if (a[i] < 0)
      return FALSE;
    free += a[i] != b[i];
    a[i] = a[i] != b[i] ? -1 : a[i];
  }
  if (free != 1)
    return FALSE;
  node->inputs->pdata[1] = gen_graph_ints (graph, a, (gsize)n);
  return TRUE;
}

guint
gen_graph_settle (GenGraph *graph, const GenGraph *shaped)
{
  g_autoptr (GenGraph) made = infer_otherwise (graph, shaped);
  const GenGraph *other = made != NULL ? made : shaped;
  guint n = 0;

  /* Nothing is known of what hangs on them. */
  if (made == NULL && is_free (graph))
    return 0;
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_shrink_is (node, "Reshape"))
      n += settle_shape (graph, shaped, other, node);
    for (guint k = 0; k < node->outputs->len; k++)
      if (gen_node_output (node, k) != NULL)
        n += settle_value (graph, shaped, other, gen_node_output (node, k));
  }
  drop_makers (graph);
  gen_shrink_clean (graph);
  return n;
}
