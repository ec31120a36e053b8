/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scales belong to the whole tensor, to each index along an axis, or, from opset 21 on, to blocks
 * along an axis. All three are rows with one scale, or with as many scales as elements. */
#include "quantize.h"

/* Elements of a row of a tensor that has one scale. */
#define CHUNK 4096

static gboolean
by_tensor (const GenTensor *x, GenQuantize *q)
{
  gsize n = gen_shape_elements (&x->shape);
  gsize rows = (n + CHUNK - 1) / CHUNK;

  *q = (GenQuantize){ .rows = rows,
    .length = CHUNK,
    .per_axis = rows,
    .last_length = n - (MAX (rows, 1) - 1) * CHUNK,
    .block = MAX (rows, 1),
    .scale_length = 1 };
  return TRUE;
}

static gboolean
by_axis (const GenTensor *x, int axis, GenQuantize *q)
{
  gsize outer = gen_shape_product (&x->shape, 0, axis), extent = x->shape.dims[axis];
  gsize inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);

  if (inner == 1) {
    /* The axis is the row. */
    *q = (GenQuantize){ .rows = outer,
      .length = extent,
      .per_axis = 1,
      .last_length = extent,
      .block = 1,
      .scale_length = extent };
    return TRUE;
  }
  *q = (GenQuantize){ .rows = outer * extent,
    .length = inner,
    .per_axis = extent,
    .last_length = inner,
    .block = 1,
    .scale_length = 1 };
  return TRUE;
}

static gboolean
by_blocks (const GenTensor *x, const GenTensor *scale, int axis, gsize block, GenQuantize *q)
{
  gsize outer = gen_shape_product (&x->shape, 0, axis), extent = x->shape.dims[axis];
  gsize inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  gsize blocks = scale->shape.dims[axis];

  if (inner == 1) {
    *q = (GenQuantize){ .rows = outer * blocks,
      .length = block,
      .per_axis = blocks,
      .last_length = extent - (MAX (blocks, 1) - 1) * block,
      .block = 1,
      .scale_length = 1,
      .outer_scales = blocks };
    return TRUE;
  }
  *q = (GenQuantize){ .rows = outer * extent,
    .length = inner,
    .per_axis = extent,
    .last_length = inner,
    .block = block,
    .scale_length = inner,
    .outer_scales = blocks * inner };
  return TRUE;
}

gboolean
gen_quantize_find (const GenNode *node, GenQuantize *q, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);
  const GenTensor *zero = gen_node_input (node, 2);
  gint64 block = gen_node_int (node, "block_size", 0);
  int axis = gen_axis (gen_node_int (node, "axis", 1), x->shape.rank);
  GenShape blocked = x->shape;

  if (zero != NULL && !gen_shape_equal (&zero->shape, &scale->shape) &&
      gen_shape_elements (&zero->shape) != gen_shape_elements (&scale->shape))
    return gen_node_error (node, error, "its scale and zero point are of different shapes");
  if (gen_shape_elements (&scale->shape) == 1 && (block == 0 || scale->shape.rank <= 1))
    return by_tensor (x, q);
  if (axis < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d",
        gen_node_int (node, "axis", 1), x->shape.rank);
  if (block == 0 && scale->shape.rank == 1 && scale->shape.dims[0] == x->shape.dims[axis])
    return by_axis (x, axis, q);
  if (block > 0 && block <= G_MAXINT32) {
    blocked.dims[axis] = (blocked.dims[axis] + block - 1) / block;
    if (gen_shape_equal (&blocked, &scale->shape))
      return by_blocks (x, scale, axis, block, q);
  }
  return gen_node_error (node, error,
      "its scale should be one number, one for each index along its axis, or one for each block");
}

/* Elements before row `row`, its length, and where its scales begin. */
static void
find_row (const GenQuantize *q, gsize row, gsize *at, gsize *length, gsize *scale)
{
  gsize outer = row / q->per_axis, along = row % q->per_axis;

  *at = outer * ((q->per_axis - 1) * q->length + q->last_length) + along * q->length;
  *length = along == q->per_axis - 1 ? q->last_length : q->length;
  *scale = outer * q->outer_scales + along / q->block * q->scale_length;
}

typedef struct {
  GenQuantize rows;
  GenQuantizeRow row;
  gsize in_size, zero_size, out_size; /* of an element */
} Walk;

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Walk *w = kernel->state;
  const char *zero = w->zero_size > 0 ? kernel->inputs[2] : NULL;
  gsize first, end, at, length, scale;

  gen_kernel_share (w->rows.rows, 1, part, parts, &first, &end);
  for (gsize r = first; r < end; r++) {
    find_row (&w->rows, r, &at, &length, &scale);
    w->row ((const char *)kernel->inputs[0] + at * w->in_size,
        (const float *)kernel->inputs[1] + scale, zero != NULL ? zero + scale * w->zero_size : NULL,
        w->rows.scale_length == 1, (char *)kernel->outputs[0] + at * w->out_size, length);
  }
}

gboolean
gen_quantize_cpu (GenKernel *kernel, GenQuantizeRow row, double nanoseconds, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *zero = gen_node_input (kernel->node, 2);
  Walk *w = g_new0 (Walk, 1);

  kernel->state = w;
  kernel->free_state = g_free;
  if (!gen_quantize_find (kernel->node, &w->rows, error))
    return FALSE;
  w->row = row;
  w->in_size = gen_data_type_size (x->type);
  w->zero_size = zero != NULL ? gen_data_type_size (zero->type) : 0;
  w->out_size = gen_data_type_size (gen_node_output (kernel->node, 0)->type);
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), nanoseconds));
  return TRUE;
}
