/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RoiAlign: each of many regions of a picture as a small one of fixed extents, whose cells are the
 * mean or the largest of points sampled in them by linear interpolation (He et al., 2017). A mean
 * is a sum of pixels whose shares are products, one factor for the row and one for the column: the
 * factors are worked out once for a region, and serve all channels. */
#include "roi-align.h"

#include <string.h>

#include "../../simd.h"
#include "../indexing/indices.h"

/* Cells and pixels of an axis that tables hold; of larger regions each point is sampled. */
#define MOST_CELLS 256
#define MOST_TAPS 4096

typedef struct {
  gint32 at; /* pixel */
  float share;
} Tap;

/* Of which pixels the cells along an axis are: those of cell i end at ends[i]. */
typedef struct {
  gint32 ends[MOST_CELLS];
  Tap taps[MOST_TAPS];
} Axis;

typedef struct {
  Axis rows, columns;
  float sums[MOST_CELLS];
} Tables;

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

static gint32
add_tap (Axis *axis, gint32 first, gint32 n, gint64 at, float share)
{
  /* Points that are close to each other have neighbours in common: the last two. */
  for (gint32 i = n - 1; i >= MAX (first, n - 2); i--)
    if (axis->taps[i].at == at) {
      axis->taps[i].share += share;
      return n;
    }
  axis->taps[n] = (Tap){ (gint32)at, share };
  return n + 1;
}

/* FALSE where it is too much. */
static gboolean
fill (Axis *axis, float start, float cell, int points, gint64 cells, gint64 extent)
{
  gint32 n = 0;

  if (cells > MOST_CELLS || extent > G_MAXINT32 || 2 * points * cells > MOST_TAPS)
    return FALSE;
  for (gint64 i = 0; i < cells; i++) {
    const gint32 first = n;

    for (int k = 0; k < points; k++) {
      float at = start + cell * ((float)i + ((float)k + 0.5f) / (float)points), share;
      gint64 low, high;

      if (!gen_roi_neighbours (at, extent, &low, &high, &share))
        continue;
      n = add_tap (axis, first, n, low, 1 - share);
      if (high > low)
        n = add_tap (axis, first, n, high, share);
    }
    axis->ends[i] = n;
  }
  return TRUE;
}

/* sums[i] += share * (cell i of the row x) */
static inline __attribute__ ((always_inline)) void
add_row (const Axis *columns, const float *x, float share, float *sums, gint32 cells)
{
  gint32 k = 0;

  for (gint32 i = 0; i < cells; i++) {
    float sum = 0;

    for (; k < columns->ends[i]; k++)
      sum += columns->taps[k].share * x[columns->taps[k].at];
    sums[i] += share * sum;
  }
}

GEN_CLONES (void, average,
    (const GenRoiAlign *a, Tables *tables, const float *x, float factor, float *out),
    (a, tables, x, factor, out))
{
  const gint32 cells = (gint32)a->out_width;
  gint32 k = 0;

  for (gint64 i = 0; i < a->out_height; i++) {
    for (gint32 c = 0; c < cells; c++)
      tables->sums[c] = 0;
    for (; k < tables->rows.ends[i]; k++)
      add_row (&tables->columns, x + tables->rows.taps[k].at * a->width, tables->rows.taps[k].share,
          tables->sums, cells);
    for (gint32 c = 0; c < cells; c++)
      out[i * cells + c] = tables->sums[c] / factor;
  }
}

/* By tables, planes [first, end) of those that regions have one after the other. */
static void
run_average (const GenKernel *kernel, int part, int parts)
{
  const GenRoiAlign *a = kernel->state;
  Tables *tables = (Tables *)kernel->scratch + part;
  gsize plane = a->height * a->width, cells = a->out_height * a->out_width, first, end;
  GenDataType type = gen_node_input (kernel->node, 2)->type;

  gen_kernel_share (a->rois * a->channels, 1, part, parts, &first, &end);
  for (gsize i = first; i < end;) {
    gsize roi = i / a->channels, next = MIN (end, (roi + 1) * a->channels);
    gsize item = gen_indices_get (type, kernel->inputs[2], roi, a->batch);
    GenRoi r = gen_roi_of (a, (const float *)kernel->inputs[1] + 4 * roi);
    gboolean fits =
        fill (&tables->rows, r.top, r.cell_height, r.rows, a->out_height, a->height) &&
        fill (&tables->columns, r.left, r.cell_width, r.columns, a->out_width, a->width);

    for (; i < next; i++) {
      const float *x =
          (const float *)kernel->inputs[0] + (item * a->channels + i % a->channels) * plane;
      float *out = (float *)kernel->outputs[0] + i * cells;

      if (fits)
        average (a, tables, x, (float)MAX (r.rows * r.columns, 1), out);
      for (gsize cell = 0; !fits && cell < cells; cell++)
        out[cell] = gen_roi_cell (a, &r, x, cell / a->out_width, cell % a->out_width);
    }
  }
}

/* Point by point. */
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
  int parts;

  kernel->state = a;
  kernel->free_state = g_free;
  if (!gen_roi_align_init (a, kernel->node, error))
    return FALSE;
  parts = gen_kernel_parts (kernel, a->rois * a->channels * a->out_height * a->out_width, 40);
  kernel->scratch_size = a->largest ? 0 : parts * sizeof (Tables);
  gen_kernel_add_step (kernel, a->largest ? run : run_average, parts);
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
