/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxUnpool: values put back where MaxPool took them from, in zeros. The indices count in the
 * picture that the window gives; an output_shape cuts it or adds zeros at the ends. */
#include "../build.h"
#include "../convolution/window.h"

/* The extents that the window was slid over, as far as its results tell. */
static gboolean
find_shape (const GenNode *node, GenShape *shape, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  GenWindow window;
  int n, rank = x->shape.rank - 2;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (indices->type != GEN_TYPE_INT64 || !gen_shape_equal (&indices->shape, &x->shape))
    return gen_node_error (node, error, "its indices must be int64, one for each value");
  if (kernel == NULL || n != rank)
    return gen_node_error (node, error, "kernel_shape does not fit its input");
  if (!gen_window_init_transposed (&window, node, &x->shape, kernel, error))
    return FALSE;
  *shape = gen_window_output (&window, x->shape.dims[0], x->shape.dims[1]);
  return TRUE;
}

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1), *y;
  const gint64 all[] = { -1 };
  gint64 given[GEN_MAX_RANK], pads[2 * GEN_MAX_RANK] = { 0 };
  GenShape shape, flat;
  int n;

  if (!find_shape (node, &shape, error))
    return NULL;
  flat = GEN_SHAPE (gen_shape_elements (&shape));
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, all, 1), error);
  indices = gen_binary (graph, "Reshape", indices, gen_graph_ints (graph, all, 1), error);
  if (x == NULL || indices == NULL)
    return NULL;
  y = gen_build_cast (graph, gen_graph_full (graph, &flat, 0), x->type, error);
  if (y == NULL)
    return NULL;
  y = gen_graph_op (graph, "ScatterElements", (GenTensor *[]){ y, indices, x }, 3, 1, error, NULL);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape.dims, shape.rank), error);
  if (gen_node_input (node, 2) == NULL || y == NULL)
    return y;
  if (!gen_tensor_ints (gen_node_input (node, 2), given, GEN_MAX_RANK, &n) || n != shape.rank) {
    gen_node_error (
        node, error, "its output_shape must be constant and have %d extents", shape.rank);
    return NULL;
  }
  for (int i = 0; i < n; i++) {
    if (given[i] < 1 || given[i] > G_MAXINT32) {
      gen_node_error (node, error, "an extent of %" G_GINT64_FORMAT " is not allowed", given[i]);
      return NULL;
    }
    pads[n + i] = given[i] - shape.dims[i];
  }
  return gen_binary (graph, "Pad", y, gen_graph_ints (graph, pads, 2 * n), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_max_unpool = {
  .name = "MaxUnpool",
  .summary = "Values put back where MaxPool took them from",
  .since = 9,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
