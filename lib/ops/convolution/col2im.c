/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Col2Im: columns of blocks added up in the picture that they were cut from. Where each element of
 * a column goes is known, so that it is the gradient of a Gather, from a picture with one place
 * more, which takes in what lies in the padding. */
#include "window.h"

/* The place of each element of the columns. */
static GenTensor *
find_places (GenGraph *graph, const GenWindow *w, gint64 blocks, gint64 columns, gint64 pixels)
{
  gint64 n = blocks * columns, *places = g_new (gint64, MAX (n, 1));
  GenTensor *tensor;

  for (gint64 i = 0; i < n; i++) {
    gint64 block = i / columns, column = i % columns, place = 0, stride = 1;
    gboolean inside = TRUE;

    for (int axis = w->rank - 1; axis >= 0; axis--) {
      const GenWindowAxis *a = &w->axes[axis];
      gint64 at = column % a->out * a->stride - a->before + block % a->kernel * a->dilation;

      inside &= at >= 0 && at < a->in;
      place += at * stride;
      stride *= a->in;
      column /= a->out;
      block /= a->kernel;
    }
    places[i] = inside ? place : pixels;
  }
  tensor = gen_graph_ints (graph, places, n);
  g_free (places);
  return tensor;
}

/* The window that cut the columns [batch, channels * blocks, columns] out of the picture. */
static gboolean
find_window (const GenNode *node, GenWindow *window, GenShape *picture, gint64 *blocks,
    gint64 *columns, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape;
  gint64 image[GEN_MAX_RANK], block[GEN_MAX_RANK];
  int n, n_block;

  if (!gen_tensor_ints (gen_node_input (node, 1), image, GEN_WINDOW_MAX_RANK, &n) ||
      !gen_tensor_ints (gen_node_input (node, 2), block, GEN_WINDOW_MAX_RANK, &n_block) ||
      n != n_block || n < 1 || x->rank != 3)
    return gen_node_error (node, error,
        "it takes [batch, blocks, columns] and constant extents of picture and block, of one to %d "
        "axes",
        GEN_WINDOW_MAX_RANK);
  *picture = (GenShape){ .rank = n + 2, .dims = { x->dims[0], 1 } };
  *blocks = *columns = 1;
  for (int i = 0; i < n; i++) {
    picture->dims[2 + i] = image[i];
    if (image[i] < 1 || image[i] > G_MAXINT32 || block[i] < 1 || block[i] > G_MAXINT32 ||
        gen_shape_product (picture, 2, 3 + i) > G_MAXINT32)
      return gen_node_error (node, error, "its picture or block is empty or too large");
  }
  if (!gen_window_init (window, node, picture, block, error))
    return FALSE;
  for (int i = 0; i < n; i++) {
    /* Products that are too large anyway must not overflow. */
    *columns =
        MAX (*columns, window->axes[i].out) > x->dims[2] ? -1 : *columns * window->axes[i].out;
    *blocks = *blocks > x->dims[1] ? *blocks : *blocks * block[i];
    if (*columns < 0)
      break;
  }
  if (*columns != x->dims[2] || x->dims[1] % *blocks != 0)
    return gen_node_error (node, error,
        "its blocks give %" G_GINT64_FORMAT " columns of multiples of %" G_GINT64_FORMAT
        ", but it has %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
        *columns, *blocks, x->dims[2], x->dims[1]);
  picture->dims[1] = x->dims[1] / *blocks;
  return TRUE;
}

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0);
  gint64 blocks = 1, columns = 1, pixels, planes, shape[2], bounds[2] = { 0 }, axis = 0;
  GenWindow window;
  GenShape picture;

  if (!find_window (node, &window, &picture, &blocks, &columns, error))
    return NULL;
  pixels = gen_shape_product (&picture, 2, picture.rank);
  planes = picture.dims[0] * picture.dims[1];
  /* Planes side by side, so that elements are added in rows. */
  shape[0] = planes;
  shape[1] = blocks * columns;
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 2), error);
  x = gen_unary (graph, "Transpose", x, error);
  if (x == NULL)
    return NULL;
  shape[0] = pixels + 1;
  shape[1] = planes;
  x = gen_graph_op (graph, "GatherGradient",
      (GenTensor *[]){ x, find_places (graph, &window, blocks, columns, pixels) }, 2, 1, error,
      "shape", GEN_INTS, 2, shape, "axis", GEN_INT, 0, NULL);
  if (x == NULL)
    return NULL;
  bounds[1] = pixels;
  x = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, &bounds[0], 1),
          gen_graph_ints (graph, &bounds[1], 1), gen_graph_ints (graph, &axis, 1) },
      4, 1, error, NULL);
  return gen_binary (graph, "Reshape", gen_unary (graph, "Transpose", x, error),
      gen_graph_ints (graph, picture.dims, picture.rank), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_col2im = {
  .name = "Col2Im",
  .summary = "Columns of blocks added up in a picture",
  .since = 18,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .widens = 0x1,
  .lower = lower,
};
