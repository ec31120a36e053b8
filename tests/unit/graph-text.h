/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A graph as a text, which is another one where anything else is computed. */
#pragma once

#include <string.h>

#include <generative/graph.h>
#include <generative/operator.h>

static inline void graph_text_add (GString *text, const GenGraph *graph);

static inline void
graph_text_add_constant (GString *text, const GenTensor *tensor)
{
  g_autofree char *sum =
      tensor->data != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_MD5, tensor->data) : NULL;

  if (tensor->role != GEN_ROLE_VALUE)
    g_string_append_printf (text, "%s %d %s\n", tensor->name, tensor->role, sum);
}

static inline void
graph_text_add_attribute (GString *text, const GenAttribute *attribute)
{
  g_string_append_printf (text, " %s=%" G_GINT64_FORMAT ",%a,%s", attribute->name, attribute->i,
      (double)attribute->f, attribute->s);
  for (guint i = 0; attribute->ints != NULL && i < attribute->ints->len; i++)
    g_string_append_printf (text, ",%" G_GINT64_FORMAT, g_array_index (attribute->ints, gint64, i));
  for (guint i = 0; attribute->floats != NULL && i < attribute->floats->len; i++)
    g_string_append_printf (text, ",%a", (double)g_array_index (attribute->floats, float, i));
  if (attribute->graph != NULL)
    graph_text_add (text, attribute->graph);
}

static inline void
graph_text_add_node (GString *text, const GenNode *node)
{
  g_string_append_printf (text, "%s %u", node->op->name, node->id);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = node->inputs->pdata[i];

    g_string_append_printf (text, " %s", input != NULL ? input->name : "-");
  }
  for (guint i = 0; i < node->attributes->len; i++)
    graph_text_add_attribute (text, node->attributes->pdata[i]);
  g_string_append_c (text, '\n');
}

static inline void
graph_text_add (GString *text, const GenGraph *graph)
{
  g_autoptr (GList) keys = g_hash_table_get_keys (graph->metadata);

  for (guint i = 0; i < graph->tensors->len; i++)
    graph_text_add_constant (text, graph->tensors->pdata[i]);
  for (guint i = 0; i < graph->nodes->len; i++)
    graph_text_add_node (text, graph->nodes->pdata[i]);
  for (guint i = 0; i < graph->outputs->len; i++)
    g_string_append_printf (text, "-> %s\n", ((GenTensor *)graph->outputs->pdata[i])->name);
  keys = g_list_sort (g_steal_pointer (&keys), (GCompareFunc)strcmp);
  for (GList *each = keys; each != NULL; each = each->next)
    g_string_append_printf (text, "%s: %s\n", (char *)each->data,
        (char *)g_hash_table_lookup (graph->metadata, each->data));
}
