/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RoiAlign: each of many regions of a picture as a small one of fixed extents, whose cells are the
 * mean or the largest of points sampled in them by linear interpolation (He et al., 2017). */
#include "roi_align.h"

#include <string.h>

#include "indices.h"

gboolean
gen_roi_align_init (GenRoiAlign *a, const GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *rois = gen_node_input (node, 1);
  const GenTensor *items = gen_node_input (node, 2);
  const char *mode = gen_node_string (node, "mode", "avg");
  const char *where = gen_node_string (node, "coordinate_transformation_mode",
      node->opset < 16 ? "output_half_pixel" : "half_pixel");
  gint64 ratio = gen_node_int (node, "sampling_ratio", 0);
  gboolean half_pixel = strcmp (where, "half_pixel") == 0;

  if (x->shape.rank != 4 || rois->shape.rank != 2 || rois->shape.dims[1] != 4)
    return gen_node_error (
        node, error, "it takes [batch, channels, height, width] and rois [n, 4]");
  if (!gen_indices_check (node, 2, error))
    return FALSE;
  if (!gen_shape_equal (&items->shape, &GEN_SHAPE (rois->shape.dims[0])))
    return gen_node_error (node, error, "its batch_indices must be one for each region");
  if ((strcmp (mode, "avg") != 0 && strcmp (mode, "max") != 0) ||
      (!half_pixel && strcmp (where, "output_half_pixel") != 0) || ratio < 0 || ratio > 256)
    return gen_node_error (
        node, error, "mode '%s', '%s' or its sampling_ratio is not known", mode, where);
  *a = (GenRoiAlign){ rois->shape.dims[0], x->shape.dims[0], x->shape.dims[1], x->shape.dims[2],
    x->shape.dims[3], gen_node_int (node, "output_height", 1),
    gen_node_int (node, "output_width", 1), gen_node_float (node, "spatial_scale", 1),
    half_pixel ? 0.5f : 0, (int)ratio, *mode == 'm', !half_pixel };
  if (a->out_height < 1 || a->out_width < 1 || a->out_height > G_MAXINT16 ||
      a->out_width > G_MAXINT16 || gen_shape_elements (&x->shape) == 0)
    return gen_node_error (node, error, "its picture or its result would be empty or too large");
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenRoiAlign a;

  if (!gen_roi_align_init (&a, node, error))
    return FALSE;
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type,
      &GEN_SHAPE (a.rois, a.channels, a.out_height, a.out_width));
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenRoiAlign *a = kernel->state;
  gsize plane = a->height * a->width, cells = a->out_height * a->out_width, first, end;
  GenDataType type = gen_node_input (kernel->node, 2)->type;

  gen_kernel_share (a->rois * a->channels, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize roi = i / a->channels;
    gsize item = gen_indices_get (type, kernel->inputs[2], roi, a->batch);
    GenRoi region = gen_roi_of (a, (const float *)kernel->inputs[1] + 4 * roi);
    const float *x =
        (const float *)kernel->inputs[0] + (item * a->channels + i % a->channels) * plane;
    float *out = (float *)kernel->outputs[0] + i * cells;

    for (gsize cell = 0; cell < cells; cell++)
      out[cell] = gen_roi_cell (a, &region, x, cell / a->out_width, cell % a->out_width);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenRoiAlign *a = g_new (GenRoiAlign, 1);

  kernel->state = a;
  kernel->free_state = g_free;
  if (!gen_roi_align_init (a, kernel->node, error))
    return FALSE;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (kernel, a->rois * a->channels * a->out_height * a->out_width, 40));
  return TRUE;
}

const GenOperator gen_operator_roi_align = {
  .name = "RoiAlign",
  .summary = "Regions of a picture, each at fixed extents, by sampling",
  .since = 10,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
};
