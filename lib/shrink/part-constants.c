/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layers.h"
#include "settle.h"

/* Larger ones are tables and weights, of which there are none twice. */
#define LARGEST ((gsize)64 << 10)

static gboolean
is_layer (const GenNode *node)
{
  return gen_shrink_is (node, "Conv") || gen_shrink_is (node, "ConvTranspose") ||
         gen_shrink_is (node, "Gemm") || gen_shrink_is (node, "MatMul");
}

static gboolean
is_parted (const GenTensor *tensor)
{
  return tensor != NULL && tensor->role == GEN_ROLE_CONSTANT && tensor->data != NULL &&
         tensor->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&tensor->shape) > 1 &&
         gen_tensor_size (tensor) <= LARGEST;
}

void
gen_graph_part_constants (GenGraph *graph)
{
  g_autoptr (GHashTable) read = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++) {
      const GenTensor *tensor = gen_node_input (node, k);

      /* The first reader keeps it, as all layers do. */
      if (!is_parted (tensor) || g_hash_table_add (read, (gpointer)tensor) || is_layer (node))
        continue;
      node->inputs->pdata[k] = gen_graph_add_constant (
          graph, tensor->name, tensor->type, &tensor->shape, g_bytes_ref (tensor->data));
    }
  }
}
