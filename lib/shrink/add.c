/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "add.h"

#include "weights.h"

GenTensor *
gen_shrink_add (GenGraph *graph, const char *domain, const char *op, int opset,
    GenTensor *const *inputs, int n, const GenTensor *like, const char *suffix, GError **error)
{
  g_autofree char *name = gen_shrink_name_like (like, suffix);
  GenTensor *made = gen_graph_add_value (graph, name);

  return gen_graph_add_node (graph, name, domain, op, opset, inputs, n, &made, 1, error) != NULL
             ? made
             : NULL;
}

GenTensor *
gen_shrink_add_constant (GenGraph *graph, const GenTensor *like, const char *suffix,
    GenDataType type, const GenShape *shape, void *data, gsize size)
{
  g_autofree char *name = gen_shrink_name_like (like, suffix);

  return gen_graph_add_constant (graph, name, type, shape, g_bytes_new_take (data, size));
}

void
gen_shrink_take_result (const GenShrinkLayer *layer, GenTensor *last)
{
  GenNode *node = layer->node, *maker = last->producer;
  GenTensor *result = gen_node_output (node, 0);

  node->outputs->pdata[0] = NULL;
  for (guint i = 0; i < maker->outputs->len; i++)
    if (gen_node_output (maker, i) == last)
      maker->outputs->pdata[i] = result;
  result->producer = maker;
}
