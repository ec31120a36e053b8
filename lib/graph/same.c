/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether two graphs are one. Names are unique within a graph, so that tensors are compared by
 * them, and constants, which most often lie in one mapped file, by where they lie before their
 * bytes. */
#include "same.h"

#include <generative/operator.h>

#include <string.h>

static gboolean
bytes_same (GBytes *a, GBytes *b)
{
  gsize n_a, n_b;
  const void *data_a, *data_b;

  if (a == b || a == NULL || b == NULL)
    return a == b;
  data_a = g_bytes_get_data (a, &n_a);
  data_b = g_bytes_get_data (b, &n_b);
  return n_a == n_b && (data_a == data_b || memcmp (data_a, data_b, n_a) == 0);
}

static gboolean
tensor_same (const GenTensor *a, const GenTensor *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strcmp0 (a->name, b->name) == 0 && a->role == b->role && a->type == b->type &&
         a->kind == b->kind && gen_shape_equal (&a->shape, &b->shape) &&
         bytes_same (a->data, b->data) && tensor_same (a->next, b->next);
}

static gboolean
tensors_same (const GPtrArray *a, const GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!tensor_same (g_ptr_array_index (a, i), g_ptr_array_index (b, i)))
      return FALSE;
  return TRUE;
}

static gboolean
arrays_same (const GArray *a, const GArray *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->len == b->len &&
         memcmp (a->data, b->data, a->len * g_array_get_element_size ((GArray *)a)) == 0;
}

static gboolean
strings_same (char **a, char **b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strv_equal ((const char *const *)a, (const char *const *)b);
}

static gboolean
attribute_same (const GenAttribute *a, const GenAttribute *b)
{
  if (strcmp (a->name, b->name) != 0 || a->type != b->type || a->i != b->i ||
      memcmp (&a->f, &b->f, sizeof a->f) != 0 || g_strcmp0 (a->s, b->s) != 0 ||
      !arrays_same (a->ints, b->ints) || !arrays_same (a->floats, b->floats) ||
      !strings_same (a->strings, b->strings) || !tensor_same (a->tensor, b->tensor))
    return FALSE;
  if (a->graph == NULL || b->graph == NULL)
    return a->graph == b->graph;
  return gen_graph_same (a->graph, b->graph);
}

static gboolean
node_same (const GenNode *a, const GenNode *b)
{
  if (a->op != b->op || a->opset != b->opset || !tensors_same (a->inputs, b->inputs) ||
      !tensors_same (a->outputs, b->outputs) || a->attributes->len != b->attributes->len)
    return FALSE;
  for (guint i = 0; i < a->attributes->len; i++)
    if (!attribute_same (
            g_ptr_array_index (a->attributes, i), g_ptr_array_index (b->attributes, i)))
      return FALSE;
  return TRUE;
}

gboolean
gen_graph_same (const GenGraph *a, const GenGraph *b)
{
  if (a == b)
    return TRUE;
  if (a->nodes->len != b->nodes->len || !tensors_same (a->inputs, b->inputs) ||
      !tensors_same (a->outputs, b->outputs))
    return FALSE;
  for (guint i = 0; i < a->nodes->len; i++)
    if (!node_same (g_ptr_array_index (a->nodes, i), g_ptr_array_index (b->nodes, i)))
      return FALSE;
  return TRUE;
}

static gboolean
node_draws (const GenNode *node)
{
  if (node->op->random)
    return TRUE;
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (attribute->graph != NULL && gen_graph_draws (attribute->graph))
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_graph_draws (const GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (node_draws (g_ptr_array_index (graph->nodes, i)))
      return TRUE;
  return FALSE;
}
