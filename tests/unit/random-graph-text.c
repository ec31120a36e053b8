/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs as text, a line a node. */
#include "random-graph.h"

#include <string.h>

static void
print_attribute (const GenAttribute *attribute, GString *text)
{
  g_string_append_printf (text, " %s=", attribute->name);
  if (attribute->type == GEN_ATTRIBUTE_INT)
    g_string_append_printf (text, "%" G_GINT64_FORMAT, attribute->i);
  else if (attribute->type == GEN_ATTRIBUTE_FLOAT)
    g_string_append_printf (text, "%g", attribute->f);
  else if (attribute->type == GEN_ATTRIBUTE_STRING)
    g_string_append (text, attribute->s);
  for (guint i = 0; attribute->type == GEN_ATTRIBUTE_INTS && i < attribute->ints->len; i++)
    g_string_append_printf (
        text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", g_array_index (attribute->ints, gint64, i));
}

static void
print_tensor (const GenTensor *tensor, GString *text)
{
  g_autofree char *shape = tensor != NULL ? gen_shape_to_string (&tensor->shape) : NULL;
  static const char *const roles[] = { "", "input ", "constant ", "state " };

  if (tensor == NULL) {
    g_string_append (text, "none");
    return;
  }
  g_string_append_printf (text, "%s%s %s", roles[tensor->role], tensor->name, shape);
  if (gen_tensor_constant (tensor) != NULL && tensor->type == GEN_TYPE_FLOAT32 &&
      gen_shape_elements (&tensor->shape) == 1)
    g_string_append_printf (text, "=%g", *(const float *)gen_tensor_constant (tensor));
}

char *
random_graph_to_string (const GenGraph *graph)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++) {
      g_string_append (text, k > 0 ? ", " : "");
      print_tensor (gen_node_output (node, k), text);
      if (g_ptr_array_find (graph->outputs, gen_node_output (node, k), NULL))
        g_string_append (text, " (output)");
    }
    g_string_append_printf (text, " = %s (", node->op->name);
    for (guint k = 0; k < node->inputs->len; k++) {
      g_string_append (text, k > 0 ? ", " : "");
      print_tensor (gen_node_input (node, k), text);
    }
    g_string_append (text, ")");
    for (guint k = 0; k < node->attributes->len; k++)
      print_attribute (g_ptr_array_index (node->attributes, k), text);
    g_string_append (text, "\n");
  }
  return g_string_free (text, FALSE);
}
