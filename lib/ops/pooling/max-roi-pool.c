/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxRoiPool: each of many regions of a picture as a small one of fixed extents, whose cells are
 * the largest of the whole pixels in them (Girshick, 2015). A region is [item, x1, y1, x2, y2]. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "../../simd.h"

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

/* Pixels [first, end) of a cell. */
typedef struct {
  gint64 first, end;
} Span;

/* Those of all cells along an axis, of a region from `from` to `to`. In float32, as by those who
 * train: where a product that should be whole is not, its cell has a pixel more. */
static void
find_spans (float from, float to, float scale, gint64 cells, gint64 extent, Span *spans)
{
  double start = round (within (from * scale, -1e6f, 1e6f));
  double stop = round (within (to * scale, -1e6f, 1e6f));
  float size = (float)MAX (stop - start + 1, 1) / (float)cells;

  for (gint64 i = 0; i < cells; i++)
    spans[i] = (Span){ (gint64)CLAMP (start + floorf ((float)i * size), 0, (double)extent),
      (gint64)CLAMP (start + ceilf ((float)(i + 1) * size), 0, (double)extent) };
}

/* The largest of each column of `n` rows, `width` apart. */
GEN_CLONES (void, largest_rows,
    (const float *x, gint64 n, gint64 width, float *most, gint64 columns),
    (x, n, width, most, columns))
{
  memcpy (most, x, columns * sizeof *most);
  for (gint64 r = 1; r < n; r++)
    for (gint64 c = 0; c < columns; c++) {
      const float here = x[r * width + c];
      most[c] = here > most[c] ? here : most[c];
    }
}

/* One channel of a region. `room`: as many numbers as a row has. */
static void
pool (const float *x, gint64 width, const Span *rows, gint64 n_rows, const Span *columns,
    gint64 n_columns, float *room, float *out)
{
  /* Cells follow one another, so that the first begins and the last ends the region. */
  const gint64 left = columns[0].first, right = columns[n_columns - 1].end;

  for (gint64 r = 0; r < n_rows; r++, out += n_columns) {
    memset (out, 0, n_columns * sizeof *out);
    if (rows[r].first >= rows[r].end || left >= right)
      continue;
    largest_rows (
        x + rows[r].first * width + left, rows[r].end - rows[r].first, width, room, right - left);
    for (gint64 c = 0; c < n_columns; c++) {
      float most = -INFINITY;

      for (gint64 i = columns[c].first - left; i < columns[c].end - left; i++)
        most = room[i] > most ? room[i] : most;
      out[c] = columns[c].first < columns[c].end ? most : 0;
    }
  }
}

static gsize
room_of (const GenShape *in, const GenShape *out)
{
  return ((out->dims[2] + out->dims[3]) * sizeof (Span) + in->dims[3] * sizeof (float) + 63) &
         ~(gsize)63;
}

/* Planes [first, end) of those that regions have one after the other. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenShape *in = &gen_node_input (kernel->node, 0)->shape;
  const GenShape *out = &gen_node_output (kernel->node, 0)->shape;
  const float scale = gen_node_float (kernel->node, "spatial_scale", 1);
  const gint64 channels = in->dims[1], height = in->dims[2], width = in->dims[3];
  Span *rows = (Span *)((char *)kernel->scratch + part * room_of (in, out));
  Span *columns = rows + out->dims[2];
  gsize first, end;

  gen_kernel_share (out->dims[0] * channels, 1, part, parts, &first, &end);
  for (gsize i = first; i < end;) {
    const gsize region = i / channels, next = MIN (end, (region + 1) * channels);
    const float *roi = (const float *)kernel->inputs[1] + region * 5;
    const gint64 item = (gint64)within (roi[0], 0, (float)(in->dims[0] - 1));

    find_spans (roi[2], roi[4], scale, out->dims[2], height, rows);
    find_spans (roi[1], roi[3], scale, out->dims[3], width, columns);
    for (; i < next; i++)
      pool ((const float *)kernel->inputs[0] +
                (item * channels + (gint64)i % channels) * height * width,
          width, rows, out->dims[2], columns, out->dims[3], (float *)(columns + out->dims[3]),
          (float *)kernel->outputs[0] + i * out->dims[2] * out->dims[3]);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenShape *in = &gen_node_input (kernel->node, 0)->shape;
  const GenShape *out = &gen_node_output (kernel->node, 0)->shape;
  const int parts = gen_kernel_parts (kernel, gen_shape_elements (out), 20);

  kernel->scratch_size = parts * room_of (in, out);
  gen_kernel_add_step (kernel, run, parts);
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
