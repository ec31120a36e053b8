/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AffineGrid: where each pixel of a picture lies after affine transforms [batch, axes, axes + 1]:
 * the coordinates of all pixels, which are constant, times each transform. */
#include <generative/operator.h>

/* The coordinates are made when shapes are inferred, and hostile sizes must not fill the memory. */
#define MOST_PIXELS (1 << 24)

/* The coordinates (x, y[, z], 1) of the pixels, from -1 to 1. */
static GenTensor *
coordinates (GenGraph *graph, const gint64 *extents, int n, gboolean corners)
{
  gint64 pixels = 1;
  GenShape shape;
  float *values;

  for (int i = 0; i < n; i++)
    pixels *= extents[i];
  shape = GEN_SHAPE (pixels, n + 1);
  values = g_new (float, pixels *(n + 1));
  for (gint64 at = 0; at < pixels; at++) {
    gint64 rest = at;

    for (int i = n - 1; i >= 0; i--) {
      double k = (double)(rest % extents[i]), extent = (double)extents[i];

      /* x is the last axis, and the first coordinate. */
      values[at * (n + 1) + n - 1 - i] = corners
                                             ? (float)(extent > 1 ? 2 * k / (extent - 1) - 1 : 0)
                                             : (float)((2 * k + 1) / extent - 1);
      rest /= extents[i];
    }
    values[at * (n + 1) + n] = 1;
  }
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_take (values, pixels * (n + 1) * sizeof (float)));
}

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *theta = gen_node_input (node, 0), *grid;
  gint64 size[GEN_MAX_RANK], shape[GEN_MAX_RANK], pixels = 1;
  int n, axes;

  if (!gen_tensor_ints (gen_node_input (node, 1), size, GEN_MAX_RANK, &n) || (n != 4 && n != 5)) {
    gen_node_error (node, error, "its size must be constant and have 4 or 5 extents");
    return NULL;
  }
  axes = n - 2;
  shape[0] = size[0];
  shape[n - 1] = axes;
  for (int i = 0; i < axes; i++) {
    shape[1 + i] = size[2 + i];
    if (size[2 + i] < 1 || size[2 + i] > G_MAXINT16 || (pixels *= size[2 + i]) > MOST_PIXELS) {
      gen_node_error (node, error, "its size is empty or too large");
      return NULL;
    }
  }
  if (!gen_shape_equal (&theta->shape, &GEN_SHAPE (size[0], axes, axes + 1))) {
    gen_node_error (node, error, "theta must be of [batch, %d, %d]", axes, axes + 1);
    return NULL;
  }
  grid = coordinates (graph, size + 2, axes, gen_node_int (node, "align_corners", 0) != 0);
  theta = gen_graph_op (
      graph, "Transpose", &theta, 1, 1, error, "perm", GEN_INTS, 3, (gint64[]){ 0, 2, 1 }, NULL);
  return gen_binary (graph, "Reshape", gen_binary (graph, "MatMul", grid, theta, error),
      gen_graph_ints (graph, shape, n), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_affine_grid = {
  .name = "AffineGrid",
  .summary = "Where the pixels of a picture lie after affine transforms",
  .since = 20,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .widens = 0x1,
  .lower = lower,
};
