/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes whose outputs are not inferred yet, as a reader of files leaves them, and graphs in them.
 */
#pragma once

#include <generative/operator.h>

static inline GenNode *
flow_node (GenGraph *graph, const char *op, GenTensor *const *inputs, int n, int n_outputs)
{
  g_autoptr (GError) error = NULL;
  GenTensor *outputs[4];
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node =
      gen_graph_add_node (graph, NULL, NULL, op, GEN_OPSET, inputs, n, outputs, n_outputs, &error);
  g_assert_no_error (error);
  return node;
}

static inline GenTensor *
flow_op (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b)
{
  return gen_node_output (
      flow_node (graph, op, (GenTensor *[]){ a, b }, b != NULL ? 2 : a != NULL, 1), 0);
}

static inline GenTensor *
flow_whole (GenGraph *graph, gint64 value)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&value, sizeof value));
}

static inline GenTensor *
flow_flag (GenGraph *graph, gboolean value)
{
  guint8 byte = value != 0;

  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new (&byte, 1));
}

static inline GenTensor *
flow_input (GenGraph *graph, const char *name, GenDataType type)
{
  return gen_graph_add_input (graph, name, type, &GEN_SHAPE_UNKNOWN);
}

/* `graph` as the attribute `name`, which captures `captured`, ended by NULL. */
static inline void
flow_give (GenNode *node, const char *name, GenGraph *graph, GenTensor *const *captured)
{
  GenAttribute *attribute = g_new0 (GenAttribute, 1);

  attribute->name = g_strdup (name);
  attribute->type = GEN_ATTRIBUTE_GRAPH;
  attribute->graph = graph;
  for (; captured != NULL && captured[attribute->i] != NULL; attribute->i++)
    g_ptr_array_add (node->inputs, captured[attribute->i]);
  gen_node_take_attribute (node, attribute);
}
