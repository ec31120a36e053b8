/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numpy's matrix product as one of two stacks of matrices, which is what kernels of products that
 * are not of float32 take. */
#include "batched-product.h"

#include "../build.h"

/* The batch extents of an operand, [] for one of up to two dimensions. */
static GenShape
batch_of (const GenShape *shape)
{
  GenShape batch = *shape;

  batch.rank = MAX (shape->rank - 2, 0);
  return batch;
}

/* `x` spread over `batch` and as [batches, rows, columns], or [1, rows, columns] where it is the
 * same for all. */
static GenTensor *
as_batch (GenGraph *graph, GenTensor *x, const GenShape *batch, gint64 rows, gint64 columns,
    GError **error)
{
  GenShape own = batch_of (&x->shape), full = *batch;

  if (gen_shape_elements (&own) == 1)
    return gen_build_reshape (graph, x, &GEN_SHAPE (1, rows, columns), error);
  if (!gen_shape_equal (&own, batch)) {
    full.dims[full.rank++] = rows;
    full.dims[full.rank++] = columns;
    x = gen_binary (graph, "Expand", x, gen_graph_ints (graph, full.dims, full.rank), error);
  }
  return gen_build_reshape (
      graph, x, &GEN_SHAPE (gen_shape_elements (batch), rows, columns), error);
}

GenTensor *
gen_batched_product (
    GenNode *node, const char *op, GenTensor *a_zero, GenTensor *b_zero, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1), *product;
  const GenShape *sa = &a->shape, *sb = &b->shape;
  gint64 m = sa->rank < 2 ? 1 : sa->dims[sa->rank - 2],
         n = sb->rank < 2 ? 1 : sb->dims[sb->rank - 1];
  gint64 k = sa->rank < 1 ? 0 : sa->dims[sa->rank - 1], batches;
  GenShape batch_a = batch_of (sa), batch_b = batch_of (sb), batch, shape;

  if (sa->rank < 1 || sb->rank < 1 || sb->dims[MAX (sb->rank - 2, 0)] != k ||
      !gen_shape_broadcast (&batch_a, &batch_b, &batch)) {
    g_autofree char *text_a = gen_shape_to_string (sa);
    g_autofree char *text_b = gen_shape_to_string (sb);

    gen_node_error (node, error, "shapes %s and %s cannot be multiplied", text_a, text_b);
    return NULL;
  }
  shape = batch;
  if (sa->rank > 1)
    shape.dims[shape.rank++] = m;
  if (sb->rank > 1)
    shape.dims[shape.rank++] = n;
  batches = gen_shape_elements (&batch);
  if (gen_shape_elements (&batch_b) == 1 &&
      (a_zero == NULL || gen_shape_elements (&a_zero->shape) == 1)) {
    /* Batches of A by one B are one tall product. */
    a = gen_build_reshape (graph, a, &GEN_SHAPE (1, batches * m, k), error);
  } else {
    a = as_batch (graph, a, &batch, m, k, error);
    if (a != NULL && a->shape.dims[0] != batches)
      a = gen_binary (
          graph, "Expand", a, gen_graph_ints (graph, (gint64[]){ batches, m, k }, 3), error);
  }
  b = as_batch (graph, b, &batch, k, n, error);
  if (a == NULL || b == NULL)
    return NULL;
  product = gen_graph_op (graph, op, (GenTensor *[]){ a, b, a_zero, b_zero },
      a_zero != NULL || b_zero != NULL ? 4 : 2, 1, error, NULL);
  return gen_build_reshape (graph, product, &shape, error);
}
