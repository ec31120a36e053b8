/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "move-picture.h"

/* Nanoseconds a pixel. */
#define COST 10

static gboolean
read_planes (const GenNode *node, GenColourGeometry *g, GError **error)
{
  const GenShape *first = &gen_node_input (node, 0)->shape, *second;

  g->n_planes = (int)node->outputs->len;
  if (g->n_planes > GEN_PICTURE_PLANES || (guint)g->n_planes + 1 != node->inputs->len)
    return gen_node_error (
        node, error, "there are as many outputs as planes, of which one to three");
  for (int p = 0; p < g->n_planes; p++)
    if (gen_node_input (node, (guint)p)->type != GEN_TYPE_UINT8 ||
        gen_node_input (node, (guint)p)->shape.rank != 3)
      return gen_node_error (node, error, "planes are uint8 [height, width, channels]");
  g->height = (int)first->dims[0];
  g->width = (int)first->dims[1];
  g->channels = (int)first->dims[2];
  if (g->n_planes == 1)
    return (g->channels >= 1 && g->channels <= 4 && g->channels != 2) ||
           gen_node_error (node, error, "a pixel has one, three or four bytes");
  second = &gen_node_input (node, 1)->shape;
  g->chroma_height = (int)second->dims[0];
  g->chroma_width = (int)second->dims[1];
  g->pairs = g->n_planes == 2;
  return (g->channels == 1 && second->dims[2] == 1 + g->pairs &&
             (g->n_planes < 3 || gen_shape_equal (second, &gen_node_input (node, 2)->shape)) &&
             (g->chroma_height == g->height || g->chroma_height == (g->height + 1) / 2) &&
             (g->chroma_width == g->width || g->chroma_width == (g->width + 1) / 2)) ||
         gen_node_error (node, error, "planes of luma and chroma do not go together");
}

static gboolean
read_order (const GenNode *node, GenColourGeometry *g, GError **error)
{
  int n = 0;
  const gint64 *order = gen_node_ints (node, "order", &n);

  for (int c = 0; c < 3; c++) {
    g->order[c] = g->channels >= 3 ? c : 0;
    if (n == 3 && g->channels >= 3)
      g->order[c] = (int)order[c];
    if (g->order[c] < 0 || g->order[c] >= g->channels)
      return gen_node_error (node, error, "order names bytes that a pixel does not have");
  }
  return TRUE;
}

static gboolean
read_strides (const GenNode *node, GenColourGeometry *g, GError **error)
{
  int n = 0;
  const gint64 *strides = gen_node_ints (node, "strides", &n);

  for (int p = 0; p < g->n_planes; p++) {
    const gsize row = gen_colour_row_size (g, p);

    g->strides[p] = p < n && strides[p] > 0 ? (gsize)strides[p] : row;
    if (g->strides[p] < row || g->strides[p] > (gsize)1 << 24)
      return gen_node_error (node, error, "a stride is less than a row");
  }
  return TRUE;
}

gboolean
gen_colour_geometry (const GenNode *node, GenColourGeometry *geometry, GError **error)
{
  const GenTensor *work = gen_node_input (node, node->inputs->len - 1);

  *geometry = (GenColourGeometry){ .v_first = gen_node_int (node, "v_first", 0) != 0,
    .full_range = gen_node_int (node, "full_range", 0) != 0 };
  if (work->type != GEN_TYPE_UINT8 || gen_tensor_size (work) != sizeof (GenPictureWork))
    return gen_node_error (node, error, "the last input should be what is to be done");
  return read_planes (node, geometry, error) && read_order (node, geometry, error) &&
         read_strides (node, geometry, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenColourGeometry g;

  if (!gen_colour_geometry (node, &g, error))
    return FALSE;
  for (int p = 0; p < g.n_planes; p++)
    gen_node_set_output (node, (guint)p, GEN_TYPE_UINT8,
        &GEN_SHAPE ((gint64)(g.strides[p] * (gsize)(gen_colour_rows (&g, p) - 1) +
                             gen_colour_row_size (&g, p))));
  return TRUE;
}

/* Rows of all planes, one plane after the other. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenColourGeometry *g = kernel->state;
  const GenPictureWork *work = kernel->inputs[g->n_planes];
  GenColourPlanes from = { { NULL } };
  gsize first, end, before = 0, rows = 0;

  for (int p = 0; p < g->n_planes; p++) {
    from.planes[p] = kernel->inputs[p];
    rows += (gsize)gen_colour_rows (g, p);
  }
  gen_kernel_share (rows, 1, part, parts, &first, &end);
  for (int p = 0; p < g->n_planes; p++) {
    rows = (gsize)gen_colour_rows (g, p);
    for (gsize y = MAX (first, before); y < MIN (end, before + rows); y++)
      for (int x = 0; x < gen_colour_columns (g, p); x++)
        gen_colour_place (work, g, &from, p, x, (int)(y - before),
            (guint8 *)kernel->outputs[p] + (y - before) * g->strides[p]);
    before += rows;
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenColourGeometry *g = g_new0 (GenColourGeometry, 1);

  kernel->state = g;
  kernel->free_state = g_free;
  if (!gen_colour_geometry (kernel->node, g, error))
    return FALSE;
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, (gsize)g->height * (gsize)g->width, COST));
  return TRUE;
}

const GenOperator gen_operator_colour_picture = {
  .name = "ColourPicture",
  .domain = "generative",
  .summary = "Planes of a video frame, changed in tone and colour and written to one",
  .min_inputs = 2,
  .max_inputs = GEN_PICTURE_PLANES + 1,
  .min_outputs = 1,
  .max_outputs = GEN_PICTURE_PLANES,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
