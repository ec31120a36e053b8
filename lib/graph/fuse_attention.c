/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention as exporters write it out, MatMul, scale, mask, Softmax, MatMul, becomes one node that
 * never holds the matrix of scores. */
#include <string.h>

#include "graph-private.h"

/* Fewer keys make scores that stay in the cache anyway. */
#define MIN_KEYS 65

/* The node that makes `tensor`, if it is of that operator and nobody else reads the tensor. */
static GenNode *
maker (const GenGraph *graph, const GenTensor *tensor, const char *op)
{
  GenNode *node = tensor != NULL ? tensor->producer : NULL;

  if (node == NULL || node->op->domain != NULL || strcmp (node->op->name, op) != 0 ||
      node->activation.kind != GEN_ACTIVATION_NONE || gen_graph_count_uses (graph, tensor) != 1)
    return NULL;
  return node;
}

/* What `tensor` is a multiple of; `scale` takes the factor up. */
static GenTensor *
skip_scale (const GenGraph *graph, GenTensor *tensor, float *scale)
{
  GenNode *times = maker (graph, tensor, "Mul"), *over = maker (graph, tensor, "Div");
  GenNode *node = times != NULL ? times : over;

  for (guint i = 0; node != NULL && i < 2; i++) {
    const GenTensor *factor = gen_node_input (node, i);
    const float *value = gen_tensor_constant (factor);

    if (value == NULL || factor->type != GEN_TYPE_FLOAT32 ||
        gen_shape_elements (&factor->shape) != 1 || (node == over && i == 0) ||
        !gen_shape_equal (&gen_node_input (node, 1 - i)->shape, &tensor->shape))
      continue;
    *scale *= node == times ? *value : 1 / *value;
    return gen_node_input (node, 1 - i);
  }
  return tensor;
}

/* What a mask is added to; `mask` receives the mask. */
static GenTensor *
skip_mask (const GenGraph *graph, GenTensor *tensor, GenTensor **mask)
{
  GenNode *add = maker (graph, tensor, "Add");

  for (guint i = 0; add != NULL && i < 2; i++) {
    GenTensor *scores = gen_node_input (add, i);
    float unused = 1;

    if (!gen_shape_equal (&scores->shape, &tensor->shape) ||
        maker (graph, skip_scale (graph, scores, &unused), "MatMul") == NULL)
      continue;
    *mask = gen_node_input (add, 1 - i);
    return scores;
  }
  return tensor;
}

static gboolean
is_along_last (const GenNode *softmax)
{
  int rank = gen_node_input (softmax, 0)->shape.rank;
  gint64 axis = gen_node_int (softmax, "axis", softmax->opset < 13 ? 1 : -1);

  return rank > 1 && gen_axis (axis, rank) == rank - 1;
}

static gboolean
same_batch (const GenTensor *a, const GenTensor *b)
{
  int rank = a->shape.rank;

  return b->shape.rank == rank && rank >= 2 &&
         memcmp (a->shape.dims, b->shape.dims, (rank - 2) * sizeof (gint64)) == 0;
}

/* K of K', by turning the Transpose that makes it the other way round. */
static GenTensor *
turn_keys (const GenGraph *graph, GenTensor *transposed)
{
  GenNode *node = maker (graph, transposed, "Transpose");
  gint64 perm[GEN_MAX_RANK];
  int rank = transposed->shape.rank, n;
  const gint64 *given = node != NULL ? gen_node_ints (node, "perm", &n) : NULL;

  if (given == NULL || n != rank)
    return NULL;
  memcpy (perm, given, rank * sizeof (gint64));
  perm[rank - 1] = given[rank - 2];
  perm[rank - 2] = given[rank - 1];
  gen_node_set_ints (node, "perm", perm, rank);
  node->op->infer (node, NULL);
  return transposed;
}

gboolean
gen_graph_fuse_attention (GenGraph *graph, GenNode *node)
{
  GenTensor *v = gen_node_input (node, 1), *mask = NULL, *scores, *q, *k;
  GenNode *softmax = maker (graph, gen_node_input (node, 0), "Softmax"), *product;
  float scale = 1;

  if (softmax == NULL || !is_along_last (softmax) || v->type != GEN_TYPE_FLOAT32)
    return FALSE;
  scores = skip_mask (graph, gen_node_input (softmax, 0), &mask);
  scores = skip_scale (graph, scores, &scale);
  product = maker (graph, scores, "MatMul");
  if (product == NULL || (mask != NULL && mask->type != GEN_TYPE_FLOAT32))
    return FALSE;
  q = gen_node_input (product, 0);
  k = gen_node_input (product, 1);
  if (k->shape.dims[k->shape.rank - 1] < MIN_KEYS)
    return FALSE;
  if (!same_batch (q, k) || !same_batch (q, v) || (k = turn_keys (graph, k)) == NULL)
    return FALSE;
  node->op = gen_operator_find ("generative", "ScaledDotProductAttention", 0);
  g_ptr_array_set_size (node->inputs, 0);
  g_ptr_array_add (node->inputs, q);
  g_ptr_array_add (node->inputs, k);
  g_ptr_array_add (node->inputs, v);
  if (mask != NULL)
    g_ptr_array_add (node->inputs, mask);
  gen_node_set_float (node, "scale", scale);
  return TRUE;
}
