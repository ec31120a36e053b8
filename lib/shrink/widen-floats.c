/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/convert.h>

#include <string.h>

#include <generative/operator.h>

#include "../device/half.h"
#include "layers.h"

static void
widen_data (GenTensor *tensor)
{
  const gsize n = (gsize)gen_shape_elements (&tensor->shape);
  float *values = g_new (float, MAX (n, 1));

  gen_half_widen (tensor->type, g_bytes_get_data (tensor->data, NULL), 1, values, n);
  g_bytes_unref (tensor->data);
  tensor->data = g_bytes_new_take (values, n * sizeof *values);
}

/* Casts to 16 bits, and what else names the type of its result. */
static void
widen_attributes (GenNode *node)
{
  static const char *const names[] = { "to", "dtype", "output_dtype", NULL };

  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (attribute->type == GEN_ATTRIBUTE_INT && g_strv_contains (names, attribute->name) &&
        gen_type_is_half ((GenDataType)attribute->i))
      gen_node_set_int (node, attribute->name, GEN_TYPE_FLOAT32);
  }
}

/* A cast from float32 to float32 is none. */
static gboolean
is_idle_cast (const GenGraph *shaped, const GenNode *node)
{
  const GenTensor *x = gen_node_input (node, 0);
  const GenTensor *known = x != NULL ? gen_graph_find (shaped, x->name) : NULL;

  return gen_shrink_is (node, "Cast") && gen_node_int (node, "to", 0) == GEN_TYPE_FLOAT32 &&
         known != NULL && known->type == GEN_TYPE_FLOAT32;
}

/* Types within are known once the graph is inferred; where that cannot be, casts stay. */
static void
remove_idle_casts (GenGraph *graph)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);

  gen_graph_set_free_dimensions (shaped, NULL, 1);
  if (!gen_graph_infer (shaped, NULL))
    return;
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenTensor *y = gen_node_output (node, 0);

    if (is_idle_cast (shaped, node) && !g_ptr_array_find (graph->outputs, y, NULL))
      gen_graph_replace (graph, y, gen_node_input (node, 0));
  }
  gen_shrink_clean (graph);
}

guint
gen_graph_widen_floats (GenGraph *graph)
{
  guint n = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (!gen_type_is_half (tensor->type))
      continue;
    if (tensor->data != NULL)
      widen_data (tensor);
    tensor->type = GEN_TYPE_FLOAT32;
    n++;
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    widen_attributes (node);
    for (guint k = 0; k < node->attributes->len; k++) {
      const GenAttribute *attribute = g_ptr_array_index (node->attributes, k);

      if (attribute->graph != NULL)
        n += gen_graph_widen_floats (attribute->graph);
    }
  }
  remove_idle_casts (graph);
  return n;
}
