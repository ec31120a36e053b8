/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A MatMul of few rows by many weights of 4 bits: what it takes is to bring them from memory, an
 * eighth of what they are as numbers. */
#include <string.h>

#include "../ops/product/block-product.h"
#include "graph-private.h"

/* The node that makes numbers of the weights of `node`, where a BlockProduct can read these. */
static const GenNode *
find_weights (const GenNode *node)
{
  const GenNode *weights;
  const GenShape *x, *w;

  if (node->op->domain != NULL || strcmp (node->op->name, "MatMul") != 0 ||
      !gen_node_is_plain (node) || gen_node_output (node, 0) == NULL)
    return NULL;
  weights = gen_node_input (node, 1)->producer;
  if (weights == NULL || strcmp (weights->op->name, "UnpackBits") != 0)
    return NULL;
  for (guint i = 0; i < weights->inputs->len; i++)
    if (gen_node_input (weights, i) != NULL &&
        gen_node_input (weights, i)->role != GEN_ROLE_CONSTANT)
      return NULL;
  x = &gen_node_input (node, 0)->shape;
  w = &gen_node_input (node, 1)->shape;
  if (gen_node_int (weights, "bits", 4) != 4 ||
      gen_node_int (weights, "block_size", 32) % GEN_BLOCK_PRODUCT_UNIT != 0 || x->rank < 2 ||
      gen_shape_product (x, 0, x->rank - 1) > GEN_BLOCK_PRODUCT_ROWS ||
      w->dims[0] * w->dims[1] < GEN_BLOCK_PRODUCT_WEIGHTS)
    return NULL;
  return weights;
}

void
gen_graph_fuse_blocks (GenGraph *graph)
{
  g_autoptr (GenReaders) readers = gen_readers_new (graph);

  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);
    const GenNode *weights = find_weights (node);
    GenTensor *numbers;

    if (weights == NULL)
      continue;
    numbers = gen_node_input (node, 1);
    node->op = gen_operator_find ("generative", "BlockProduct", 0);
    gen_node_set_int (node, "block_size", gen_node_int (weights, "block_size", 32));
    for (guint k = 0; k < weights->inputs->len; k++)
      if (gen_node_input (weights, k) != NULL)
        gen_readers_set_input (readers, node, k + 1, gen_node_input (weights, k));
    gen_readers_sweep (readers, numbers);
  }
  gen_graph_remove_dead (graph);
}
