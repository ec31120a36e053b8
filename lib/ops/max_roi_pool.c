/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxRoiPool: each of many regions of a picture as a small one of fixed extents, whose cells are
 * the largest of the whole pixels in them (Girshick, 2015). A region is [item, x1, y1, x2, y2]. */
#include <math.h>

#include <generative/operator.h>

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *rois = gen_node_input (node, 1);
  int n;
  const gint64 *pooled = gen_node_ints (node, "pooled_shape", &n);

  if (x->shape.rank != 4 || rois->shape.rank != 2 || rois->shape.dims[1] != 5 ||
      gen_shape_elements (&x->shape) == 0)
    return gen_node_error (
        node, error, "it takes [batch, channels, height, width] and rois [n, 5]");
  if (n != 2 || pooled[0] < 1 || pooled[1] < 1 || pooled[0] > G_MAXINT16 || pooled[1] > G_MAXINT16)
    return gen_node_error (node, error, "pooled_shape must be two extents");
  gen_node_set_output (
      node, 0, x->type, &GEN_SHAPE (rois->shape.dims[0], x->shape.dims[1], pooled[0], pooled[1]));
  return TRUE;
}

/* What regions hold is data: it may be no number. */
static double
within (float x, float low, float high)
{
  return x >= low ? MIN (x, high) : low;
}

/* Pixels [first, end) of cell `cell` of `cells`, of a region from `from` to `to`. */
static void
bounds (float from, float to, float scale, gint64 cell, gint64 cells, gint64 extent, gint64 *first,
    gint64 *end)
{
  double start = round (within (from * scale, -1e6f, 1e6f));
  double stop = round (within (to * scale, -1e6f, 1e6f));
  double size = MAX (stop - start + 1, 1) / (double)cells;

  *first = (gint64)CLAMP (start + floor ((double)cell * size), 0, (double)extent);
  *end = (gint64)CLAMP (start + ceil ((double)(cell + 1) * size), 0, (double)extent);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenShape *in = &gen_node_input (kernel->node, 0)->shape;
  const GenShape *out = &gen_node_output (kernel->node, 0)->shape;
  float scale = gen_node_float (kernel->node, "spatial_scale", 1);
  gint64 height = in->dims[2], width = in->dims[3], cells = out->dims[2] * out->dims[3];
  gsize first, end;

  gen_kernel_share (gen_shape_elements (out), 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gint64 plane = (gint64)i / cells, cell = (gint64)i % cells, rows[2], columns[2];
    const float *roi = (const float *)kernel->inputs[1] + plane / in->dims[1] * 5;
    gint64 item = (gint64)within (roi[0], 0, (float)(in->dims[0] - 1));
    const float *x = (const float *)kernel->inputs[0] +
                     (item * in->dims[1] + plane % in->dims[1]) * height * width;
    float most = -INFINITY;

    bounds (roi[2], roi[4], scale, cell / out->dims[3], out->dims[2], height, &rows[0], &rows[1]);
    bounds (
        roi[1], roi[3], scale, cell % out->dims[3], out->dims[3], width, &columns[0], &columns[1]);
    for (gint64 r = rows[0]; r < rows[1]; r++)
      for (gint64 c = columns[0]; c < columns[1]; c++)
        most = MAX (most, x[r * width + c]);
    ((float *)kernel->outputs[0])[i] = rows[0] < rows[1] && columns[0] < columns[1] ? most : 0;
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (
          kernel, gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 20));
  return TRUE;
}

const GenOperator gen_operator_max_roi_pool = {
  .name = "MaxRoiPool",
  .summary = "Regions of a picture, each at fixed extents, by their largest pixels",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
};
