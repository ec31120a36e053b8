/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RoiAlign: each of many regions of a picture as a small one of fixed extents, whose cells are the
 * mean or the largest of points sampled in them by linear interpolation (He et al., 2017). */
#include <math.h>
#include <string.h>

#include "indices.h"

/* Along an axis of a cell: regions are data, and may be of any size. */
#define MOST_POINTS 1024.0f

typedef struct {
  gint64 rois, batch, channels, height, width, out_height, out_width;
  float scale, offset;
  int ratio; /* points along each axis of a cell; 0 as many as it has pixels */
  gboolean largest, at_least_one;
} Align;

static gboolean
align_init (Align *a, const GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *rois = gen_node_input (node, 1);
  const GenTensor *items = gen_node_input (node, 2);
  const char *mode = gen_node_string (node, "mode", "avg");
  const char *where = gen_node_string (node, "coordinate_transformation_mode",
      node->opset < 16 ? "output_half_pixel" : "half_pixel");
  gint64 ratio = gen_node_int (node, "sampling_ratio", 0);
  gboolean half_pixel = strcmp (where, "half_pixel") == 0;

  if (x->type != GEN_TYPE_FLOAT32 || rois->type != GEN_TYPE_FLOAT32 || x->shape.rank != 4 ||
      rois->shape.rank != 2 || rois->shape.dims[1] != 4)
    return gen_node_error (
        node, error, "it takes float32 [batch, channels, height, width] and rois [n, 4]");
  if (!gen_indices_check (node, 2, error))
    return FALSE;
  if (!gen_shape_equal (&items->shape, &GEN_SHAPE (rois->shape.dims[0])))
    return gen_node_error (node, error, "its batch_indices must be one for each region");
  if ((strcmp (mode, "avg") != 0 && strcmp (mode, "max") != 0) ||
      (!half_pixel && strcmp (where, "output_half_pixel") != 0) || ratio < 0 || ratio > 256)
    return gen_node_error (
        node, error, "mode '%s', '%s' or its sampling_ratio is not known", mode, where);
  *a = (Align){ rois->shape.dims[0], x->shape.dims[0], x->shape.dims[1], x->shape.dims[2],
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
  Align a;

  if (!align_init (&a, node, error))
    return FALSE;
  gen_node_set_output (
      node, 0, GEN_TYPE_FLOAT32, &GEN_SHAPE (a.rois, a.channels, a.out_height, a.out_width));
  return TRUE;
}

/* The neighbours of a point along one axis; FALSE when it lies beyond the picture. */
static gboolean
neighbours (float at, gint64 extent, gint64 *low, gint64 *high, float *share)
{
  if (!(at >= -1 && at <= (float)extent))
    return FALSE;
  at = MAX (at, 0);
  *low = MIN ((gint64)at, extent - 1);
  *high = MIN (*low + 1, extent - 1);
  *share = *low == extent - 1 ? 0 : at - (float)*low;
  return TRUE;
}

/* A point: the sum of its four neighbours' shares, or the largest share. */
static float
sample (const Align *a, const float *x, float y_at, float x_at)
{
  gint64 y0, y1, x0, x1;
  float y = 0, z = 0, shares[4];

  if (!neighbours (y_at, a->height, &y0, &y1, &y) || !neighbours (x_at, a->width, &x0, &x1, &z))
    return 0;
  shares[0] = (1 - y) * (1 - z) * x[y0 * a->width + x0];
  shares[1] = (1 - y) * z * x[y0 * a->width + x1];
  shares[2] = y * (1 - z) * x[y1 * a->width + x0];
  shares[3] = y * z * x[y1 * a->width + x1];
  return a->largest ? MAX (MAX (shares[0], shares[1]), MAX (shares[2], shares[3]))
                    : shares[0] + shares[1] + shares[2] + shares[3];
}

typedef struct {
  float top, left, cell_height, cell_width;
  int rows, columns; /* points in a cell */
} Region;

static int
points_of (const Align *a, float cell)
{
  if (a->ratio > 0)
    return a->ratio;
  return cell > 1 ? (int)ceilf (MIN (cell, MOST_POINTS)) : cell > 0 ? 1 : 0;
}

static Region
region_of (const Align *a, const float *roi)
{
  Region r = { roi[1] * a->scale - a->offset, roi[0] * a->scale - a->offset, 0, 0, 0, 0 };
  float height = roi[3] * a->scale - a->offset - r.top;
  float width = roi[2] * a->scale - a->offset - r.left;

  if (a->at_least_one) {
    height = MAX (height, 1);
    width = MAX (width, 1);
  }
  r.cell_height = height / (float)a->out_height;
  r.cell_width = width / (float)a->out_width;
  r.rows = points_of (a, r.cell_height);
  r.columns = points_of (a, r.cell_width);
  return r;
}

static float
cell_value (const Align *a, const Region *r, const float *x, gint64 row, gint64 column)
{
  float value = 0;
  gboolean first = TRUE;

  for (int i = 0; i < r->rows; i++)
    for (int k = 0; k < r->columns; k++) {
      float y_at = r->top + r->cell_height * ((float)row + ((float)i + 0.5f) / (float)r->rows);
      float x_at =
          r->left + r->cell_width * ((float)column + ((float)k + 0.5f) / (float)r->columns);
      float point = sample (a, x, y_at, x_at);

      value = !a->largest ? value + point : first ? point : MAX (value, point);
      first = FALSE;
    }
  return a->largest ? value : value / (float)MAX (r->rows * r->columns, 1);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Align *a = kernel->state;
  gsize plane = a->height * a->width, cells = a->out_height * a->out_width, first, end;
  GenDataType type = gen_node_input (kernel->node, 2)->type;

  gen_kernel_share (a->rois * a->channels, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize roi = i / a->channels;
    gsize item = gen_indices_get (type, kernel->inputs[2], roi, a->batch);
    Region region = region_of (a, (const float *)kernel->inputs[1] + 4 * roi);
    const float *x =
        (const float *)kernel->inputs[0] + (item * a->channels + i % a->channels) * plane;
    float *out = (float *)kernel->outputs[0] + i * cells;

    for (gsize cell = 0; cell < cells; cell++)
      out[cell] = cell_value (a, &region, x, cell / a->out_width, cell % a->out_width);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Align *a = g_new (Align, 1);

  kernel->state = a;
  kernel->free_state = g_free;
  if (!align_init (a, kernel->node, error))
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
  .widens = TRUE,
  .infer = infer,
  .cpu = cpu,
};
