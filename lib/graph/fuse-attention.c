/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attention as exporters write it out, MatMul, scale, mask, Softmax, MatMul, becomes one node that
 * never holds the matrix of scores. The scale may stand at the queries and the keys as well; and
 * where heads come out of a Transpose, or go into one, the node reads and writes them where they
 * lie. */
#include <string.h>

#include "graph-private.h"

/* Fewer keys are not worth a node of its own. */
#define MIN_KEYS 16

/* The node that makes `tensor`, if it is of that operator and nobody else reads the tensor. */
static GenNode *
maker (const GenReaders *readers, const GenTensor *tensor, const char *op)
{
  GenNode *node = tensor != NULL ? tensor->producer : NULL;

  if (node == NULL || node->op->domain != NULL || strcmp (node->op->name, op) != 0 ||
      !gen_node_is_plain (node) || gen_readers_count (readers, tensor) != 1)
    return NULL;
  return node;
}

/* What `tensor` is a multiple of; `scale` takes the factor up. */
static GenTensor *
skip_scale (const GenReaders *readers, GenTensor *tensor, float *scale)
{
  GenNode *times = maker (readers, tensor, "Mul"), *over = maker (readers, tensor, "Div");
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
skip_mask (const GenReaders *readers, GenTensor *tensor, GenTensor **mask)
{
  GenNode *add = maker (readers, tensor, "Add");

  for (guint i = 0; add != NULL && i < 2; i++) {
    GenTensor *scores = gen_node_input (add, i);
    float unused = 1;

    if (!gen_shape_equal (&scores->shape, &tensor->shape) ||
        maker (readers, skip_scale (readers, scores, &unused), "MatMul") == NULL)
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
turn_keys (const GenReaders *readers, GenTensor *transposed)
{
  GenNode *node = maker (readers, transposed, "Transpose");
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

/* Transposing [batch, tokens, heads, depth] to [batch, heads, tokens, depth], or back. */
static gboolean
moves_heads (const GenNode *transpose)
{
  static const gint64 order[] = { 0, 2, 1, 3 };
  int n;
  const gint64 *perm = gen_node_ints (transpose, "perm", &n);

  return n == 4 && memcmp (perm, order, sizeof order) == 0;
}

/* Input `k` is read before its Transpose, the result written behind it. */
static void
absorb_transposes (GenReaders *readers, GenNode *node)
{
  GenTensor *output = gen_node_output (node, 0);
  GenNode *next = gen_readers_only (readers, output);
  gint64 tokens_first = 0;

  for (guint k = 0; k < 3; k++) {
    GenNode *transpose = maker (readers, gen_node_input (node, k), "Transpose");

    if (transpose == NULL || !moves_heads (transpose))
      continue;
    gen_readers_set_input (readers, node, k, gen_node_input (transpose, 0));
    gen_readers_sweep (readers, gen_node_output (transpose, 0));
    tokens_first |= 1 << k;
  }
  if (next != NULL && next->op->domain == NULL && strcmp (next->op->name, "Transpose") == 0 &&
      moves_heads (next)) {
    gen_node_take_output (readers, node, next);
    tokens_first |= 1 << 3;
  }
  gen_node_set_int (node, "tokens_first", tokens_first);
}

/* What operators of attention have written out already has its heads moved, too. */
gboolean
gen_graph_fuse_heads (GenReaders *readers, GenNode *node)
{
  if (strcmp (node->op->name, "ScaledDotProductAttention") != 0 ||
      gen_node_output (node, 0)->shape.rank != 4 || gen_node_int (node, "tokens_first", 0) != 0)
    return FALSE;
  absorb_transposes (readers, node);
  return TRUE;
}

gboolean
gen_graph_fuse_attention (GenReaders *readers, GenNode *node)
{
  GenTensor *weights = gen_node_input (node, 0), *v = gen_node_input (node, 1);
  GenTensor *mask = NULL, *scores, *q, *k;
  GenNode *softmax = maker (readers, gen_node_input (node, 0), "Softmax"), *product;
  float scale = 1;

  if (softmax == NULL || !gen_node_is_plain (node) || !is_along_last (softmax) ||
      v->type != GEN_TYPE_FLOAT32)
    return FALSE;
  scores = skip_mask (readers, gen_node_input (softmax, 0), &mask);
  scores = skip_scale (readers, scores, &scale);
  product = maker (readers, scores, "MatMul");
  if (product == NULL || (mask != NULL && mask->type != GEN_TYPE_FLOAT32))
    return FALSE;
  q = skip_scale (readers, gen_node_input (product, 0), &scale);
  k = skip_scale (readers, gen_node_input (product, 1), &scale);
  if (k->shape.dims[k->shape.rank - 1] < MIN_KEYS)
    return FALSE;
  if (!same_batch (q, k) || !same_batch (q, v) || (k = turn_keys (readers, k)) == NULL)
    return FALSE;
  node->op = gen_operator_find ("generative", "ScaledDotProductAttention", 0);
  gen_readers_set_input (readers, node, 0, q);
  gen_readers_set_input (readers, node, 1, k);
  gen_readers_set_input (readers, node, 2, v);
  if (mask != NULL)
    gen_readers_set_input (readers, node, 3, mask);
  gen_readers_sweep (readers, weights);
  gen_node_set_float (node, "scale", scale);
  absorb_transposes (readers, node);
  return TRUE;
}
