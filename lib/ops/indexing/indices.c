/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From indices to places in memory. */
#include "indices.h"

#include <string.h>

#include "../shape/strided.h"

gboolean
gen_indices_check (const GenNode *node, guint i, GError **error)
{
  GenDataType type = gen_node_input (node, i)->type;

  return type == GEN_TYPE_INT64 || type == GEN_TYPE_INT32 ||
         gen_node_error (
             node, error, "its indices must be int32 or int64, not %s", gen_data_type_name (type));
}

gboolean
gen_element_indices_infer (const GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  gint64 given = gen_node_int (node, "axis", 0);
  int axis = gen_axis (given, x->shape.rank);

  if (!gen_indices_check (node, 1, error))
    return FALSE;
  if (axis < 0 || indices->shape.rank != x->shape.rank)
    return gen_node_error (node, error,
        "axis %" G_GINT64_FORMAT " is not one of %d, or its indices have another rank", given,
        x->shape.rank);
  for (int i = 0; i < x->shape.rank; i++)
    if (i == axis ? x->shape.dims[i] == 0 && indices->shape.dims[i] > 0
                  : indices->shape.dims[i] > x->shape.dims[i])
      return gen_node_error (node, error, "dimension %d of its indices reaches out of its data", i);
  return TRUE;
}

void
gen_element_indices_init (GenElementIndices *elements, const GenNode *node)
{
  const GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  int rank = x->shape.rank;

  *elements = (GenElementIndices){ .type = indices->type,
    .rank = rank,
    .axis = gen_axis (gen_node_int (node, "axis", 0), rank),
    .n = indices->shape.dims[rank - 1],
    .rows = gen_shape_product (&indices->shape, 0, rank - 1) };
  memcpy (elements->dims, indices->shape.dims, sizeof elements->dims);
  gen_shape_strides (&x->shape, elements->strides);
  elements->stride = elements->strides[elements->axis];
  elements->extent = x->shape.dims[elements->axis];
  elements->strides[elements->axis] = 0;
}

void
gen_element_indices_offsets (const GenElementIndices *e, const void *indices, gint64 row,
    gint64 column, gint64 n, gint64 *offsets)
{
  gint64 step = e->strides[e->rank - 1], first = row * e->n + column, base = column * step;

  for (int i = e->rank - 2; i >= 0; i--) {
    base += row % e->dims[i] * e->strides[i];
    row /= e->dims[i];
  }
  for (gint64 i = 0; i < n; i++)
    offsets[i] =
        base + i * step + gen_indices_get (e->type, indices, first + i, e->extent) * e->stride;
}

gboolean
gen_tuple_indices_infer (const GenNode *node, GenShape *shape, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape;
  const GenShape *indices = &gen_node_input (node, 1)->shape;
  gint64 batch = gen_node_int (node, "batch_dims", 0), length;

  if (!gen_indices_check (node, 1, error))
    return FALSE;
  if (indices->rank < 1 || x->rank < 1 || batch < 0 || batch >= MIN (x->rank, indices->rank))
    return gen_node_error (node, error, "batch_dims does not fit its data and its indices");
  length = indices->dims[indices->rank - 1];
  if (length < 1 || length > x->rank - batch)
    return gen_node_error (node, error,
        "its tuples have %" G_GINT64_FORMAT " indices for data of %d dimensions", length, x->rank);
  if (indices->rank - 1 + x->rank - (batch + length) > GEN_MAX_RANK)
    return gen_node_error (node, error, "its slices have more than %d dimensions", GEN_MAX_RANK);
  shape->rank = 0;
  for (int i = 0; i < indices->rank - 1; i++) {
    if (i < batch && indices->dims[i] != x->dims[i])
      return gen_node_error (node, error, "dimension %d of its data and indices differ", i);
    shape->dims[shape->rank++] = indices->dims[i];
  }
  for (int i = (int)(batch + length); i < x->rank; i++)
    shape->dims[shape->rank++] = x->dims[i];
  for (int i = (int)batch; i < batch + length; i++)
    if (x->dims[i] == 0 && gen_shape_elements (shape) > 0)
      return gen_node_error (node, error, "nothing can be taken from an extent of 0");
  return TRUE;
}

void
gen_tuple_indices_init (GenTupleIndices *tuples, const GenNode *node)
{
  const GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  int rank = indices->shape.rank, batch = (int)gen_node_int (node, "batch_dims", 0);
  gint64 strides[GEN_MAX_RANK];

  *tuples = (GenTupleIndices){ .type = indices->type,
    .batch_dims = batch,
    .length = (int)indices->shape.dims[rank - 1],
    .n = gen_shape_product (&indices->shape, 0, rank - 1),
    .per_batch = MAX (gen_shape_product (&indices->shape, batch, rank - 1), 1),
    .batch_stride = gen_shape_product (&x->shape, batch, x->shape.rank) };
  gen_shape_strides (&x->shape, strides);
  for (int i = 0; i < tuples->length; i++) {
    tuples->extents[i] = x->shape.dims[batch + i];
    tuples->strides[i] = strides[batch + i];
  }
  tuples->inner = gen_shape_product (&x->shape, batch + tuples->length, x->shape.rank);
}

gint64
gen_tuple_indices_offset (const GenTupleIndices *tuples, const void *indices, gint64 i)
{
  gint64 offset = i / tuples->per_batch * tuples->batch_stride;

  for (int k = 0; k < tuples->length; k++)
    offset += gen_indices_get (tuples->type, indices, i * tuples->length + k, tuples->extents[k]) *
              tuples->strides[k];
  return offset;
}

#define TAKE(T)                                                                                    \
  for (gsize i = 0; i < n; i++)                                                                    \
    ((T *)to)[i] = ((const T *)from)[offsets[i]];
#define PUT(T)                                                                                     \
  for (gsize i = 0; i < n; i++)                                                                    \
    ((T *)to)[offsets[i]] = ((const T *)from)[i];

void
gen_indices_take (const void *from, const gint64 *offsets, void *to, gsize n, gsize size)
{
  if (size == 4)
    TAKE (guint32)
  else if (size == 8)
    TAKE (guint64)
  else if (size == 2)
    TAKE (guint16)
  else
    TAKE (guint8)
}

void
gen_indices_put (const void *from, void *to, const gint64 *offsets, gsize n, gsize size)
{
  if (size == 4)
    PUT (guint32)
  else if (size == 8)
    PUT (guint64)
  else if (size == 2)
    PUT (guint16)
  else
    PUT (guint8)
}

gboolean
gen_indices_reduction (const GenNode *node, GenBinaryRow *row, GError **error)
{
  const char *reduction = gen_node_string (node, "reduction", "none");
  GenDataType type = gen_node_input (node, 0)->type;
  const GenBinaryRows *rows = strcmp (reduction, "add") == 0   ? &gen_add_rows
                              : strcmp (reduction, "mul") == 0 ? &gen_mul_rows
                              : strcmp (reduction, "max") == 0 ? &gen_max_rows
                              : strcmp (reduction, "min") == 0 ? &gen_min_rows
                                                               : NULL;

  *row = rows != NULL ? gen_binary_rows_find (rows, type) : NULL;
  if (rows == NULL && strcmp (reduction, "none") != 0)
    return gen_node_error (
        node, error, "reduction '%s' is not one of none, add, mul, max and min", reduction);
  if (gen_data_type_size (type) == 0 || (rows != NULL && *row == NULL))
    return gen_node_error (node, error, "reduction '%s' is not supported for elements of type %s",
        reduction, gen_data_type_name (type));
  return TRUE;
}

void
gen_indices_copy_data (const GenKernel *kernel, int part, int parts)
{
  gsize first, end;

  gen_kernel_share (
      gen_tensor_size (gen_node_output (kernel->node, 0)), 64, part, parts, &first, &end);
  if (end > first)
    memcpy (
        (char *)kernel->outputs[0] + first, (const char *)kernel->inputs[0] + first, end - first);
}
