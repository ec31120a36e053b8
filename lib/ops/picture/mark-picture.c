/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-picture.h"

/* Nanoseconds a pixel. */
#define COST 8

gboolean
gen_mark_geometry (const GenNode *node, GenMarkGeometry *geometry, GError **error)
{
  const GenTensor *samples = gen_node_input (node, 0), *gains = gen_node_input (node, 1);
  const GenTensor *pattern = gen_node_input (node, 2);
  const gboolean full_range = gen_node_int (node, "full_range", 0) != 0;
  const gint64 block = gen_node_int (node, "block", 0), *dims = samples->shape.dims;
  gint64 stride = gen_node_int (node, "stride", 0);

  if (samples->type != GEN_TYPE_UINT8 || samples->shape.rank != 3 ||
      (dims[2] != 1 && dims[2] != 3 && dims[2] != 4))
    return gen_node_error (
        node, error, "input 0 should be uint8 [height, width, channels], of one, three or four");
  if (block != 8 && block != 16 && block != 32 && block != 64)
    return gen_node_error (node, error, "block is 8, 16, 32 or 64");
  stride = stride == 0 ? dims[1] * dims[2] : stride;
  if (stride < dims[1] * dims[2] || stride > 1 << 24)
    return gen_node_error (node, error, "the stride is less than a row");
  /* The first and the last byte of a limited range are synchronisation's in some cables. */
  *geometry = (GenMarkGeometry){ .height = (int)dims[0],
    .width = (int)dims[1],
    .channels = (int)dims[2],
    .block = (int)block,
    .down = (int)((dims[0] + block - 1) / block),
    .across = (int)((dims[1] + block - 1) / block),
    .stride = (gsize)stride,
    .least = full_range ? 0 : 1,
    .most = full_range ? 255 : 254 };
  if (gains->type != GEN_TYPE_INT16 ||
      !gen_shape_equal (&gains->shape, &GEN_SHAPE (geometry->down, geometry->across)))
    return gen_node_error (node, error, "input 1 should be int16 [%d, %d], the gains of blocks",
        geometry->down, geometry->across);
  return (pattern->type == GEN_TYPE_INT8 &&
             gen_shape_equal (&pattern->shape, &GEN_SHAPE (dims[0], dims[1]))) ||
         gen_node_error (node, error, "input 2 should be int8 [height, width], the pattern");
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenMarkGeometry g;

  if (!gen_mark_geometry (node, &g, error))
    return FALSE;
  gen_node_set_output (node, 0, GEN_TYPE_UINT8,
      &GEN_SHAPE ((gint64)(g.stride * (gsize)(g.height - 1) + (gsize)(g.width * g.channels))));
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenMarkGeometry *g = kernel->state;
  gsize first, end;

  gen_kernel_share ((gsize)g->height, 1, part, parts, &first, &end);
  for (gsize y = first; y < end; y++)
    for (int x = 0; x < g->width; x++)
      gen_mark_pixel (g, kernel->inputs[0], kernel->inputs[1], kernel->inputs[2], x, (int)y,
          (guint8 *)kernel->outputs[0] + y * g->stride);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenMarkGeometry *g = g_new0 (GenMarkGeometry, 1);

  kernel->state = g;
  kernel->free_state = g_free;
  if (!gen_mark_geometry (kernel->node, g, error))
    return FALSE;
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, (gsize)g->height * (gsize)g->width, COST));
  return TRUE;
}

const GenOperator gen_operator_mark_picture = {
  .name = "MarkPicture",
  .domain = "generative",
  .summary = "A pattern added to a plane of a video frame, as strong as its blocks allow",
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
