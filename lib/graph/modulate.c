/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions whose weights are constants scaled by what a style says, as StyleGAN2 has them:
 * exporters write the scaling out, and the largest tensors of the net are made anew at each run.
 * Scales of whole input or output channels can as well be applied to the picture:
 *
 *   conv (x, d[o] * W[o, i] * s[i]) = d[o] * conv (s[i] * x, W)
 *
 * and the weights are constant again: packed once, and good for every kernel. What normalises
 * the scaled weights needs only their squares, summed up over the kernel beforehand:
 *
 *   sum over i, k of (W[o, i, k] * s[i])^2 = sum over i of s[i]^2 * (sum over k of W[o, i, k]^2)
 */
#include <string.h>

#include "constants.h"
#include "graph-private.h"

static gboolean
is (const GenTensor *tensor, const char *name)
{
  const GenNode *node = tensor != NULL ? tensor->producer : NULL;

  return node != NULL && node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

/* The only axis along which `shape` has more than one element; -1 for none, -2 for several. */
static int
only_axis (const GenShape *shape)
{
  int found = -1;

  for (int i = 0; i < shape->rank; i++)
    if (shape->dims[i] != 1)
      found = found == -1 ? i : -2;
  return found;
}

/* Whether `product` is a whole tensor times a scale along one of its axes, which are what is
 * given back. */
static gboolean
find_scale (const GenTensor *product, GenTensor **whole, GenTensor **scale, int *axis)
{
  if (!is (product, "Mul") || product->type != GEN_TYPE_FLOAT32)
    return FALSE;
  for (guint k = 0; k < 2; k++) {
    GenTensor *a = gen_node_input (product->producer, k),
              *b = gen_node_input (product->producer, !k);
    int at = only_axis (&b->shape);

    if (!gen_shape_equal (&a->shape, &product->shape) || b->role == GEN_ROLE_CONSTANT || at < 0)
      continue;
    *whole = a;
    *scale = b;
    *axis = at + product->shape.rank - b->shape.rank;
    return TRUE;
  }
  return FALSE;
}

/* Constants made of constants. */
static GenTensor *
folded (GenTensor *tensor, GError **error)
{
  return tensor != NULL && gen_graph_fold_node (tensor->producer, error) ? tensor : NULL;
}

/* The nodes from number `from` on go to place `to`. */
static void
move_nodes (GenGraph *graph, guint from, guint to)
{
  for (guint i = from; i < graph->nodes->len; i++, to++) {
    gpointer node = graph->nodes->pdata[i];

    memmove (graph->nodes->pdata + to + 1, graph->nodes->pdata + to, (i - to) * sizeof (gpointer));
    graph->nodes->pdata[to] = node;
  }
}

/* Each makes what the other made: readers, and the name of a graph's output, stay as they are. */
static void
exchange_outputs (GenNode *a, GenNode *b)
{
  GenTensor *output = gen_node_output (a, 0);

  a->outputs->pdata[0] = gen_node_output (b, 0);
  gen_node_output (a, 0)->producer = a;
  b->outputs->pdata[0] = output;
  output->producer = b;
}

/* --- the sum of squares --- */

static GenTensor *
sum_squares (GenGraph *graph, GenTensor *weights, GenTensor *scale, int axis,
    const GenShape *result, GError **error)
{
  gint64 kept[] = { axis }, axes[GEN_MAX_RANK];
  GenTensor *squares;
  int n = 0;

  for (int i = 0; i < result->rank; i++)
    if (i != axis && result->dims[i] != weights->shape.dims[i])
      axes[n++] = i;
  squares =
      n == 0 ? gen_binary (graph, "Mul", weights, weights, error)
             : gen_graph_op (graph, "ReduceSumSquare",
                   (GenTensor *[]){ weights, gen_graph_ints (graph, axes, n) }, 2, 1, error, NULL);
  squares = folded (squares, error);
  scale = gen_binary (graph, "Mul", scale, scale, error);
  squares = gen_binary (graph, "Mul", squares, scale, error);
  if (squares == NULL)
    return NULL;
  return gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ squares, gen_graph_ints (graph, kept, 1) }, 2, 1, error, NULL);
}

/* `node` if it is a sum of squares of scaled constants, made cheap. */
static gboolean
simplify_sum (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  GenTensor *squares = gen_node_input (node, 0), *sum = gen_node_output (node, 0), *made;
  GenTensor *weights, *scale;
  guint first = graph->nodes->len;
  int axis;

  if (!is (sum, "ReduceSum") || !is (squares, "Mul") ||
      gen_node_input (squares->producer, 0) != gen_node_input (squares->producer, 1) ||
      !find_scale (gen_node_input (squares->producer, 0), &weights, &scale, &axis) ||
      weights->role != GEN_ROLE_CONSTANT || sum->shape.rank != weights->shape.rank ||
      sum->shape.dims[axis] != 1)
    return TRUE;
  made = sum_squares (graph, weights, scale, axis, &sum->shape, error);
  if (made == NULL)
    return FALSE;
  move_nodes (graph, first, number);
  exchange_outputs (node, made->producer);
  g_ptr_array_remove (graph->nodes, node);
  return TRUE;
}

/* --- the weights --- */

/* What the weights of a convolution come from. */
typedef struct {
  GenTensor *base;        /* constant */
  int axes[GEN_MAX_RANK]; /* which axis of the weights each of base's axes is; -1: of one */
  GenTensor *scales[2];   /* along the weights' axes 0 and 1; NULL for none */
} Origin;

/* `axes` of a reshaped tensor's source; FALSE where more than extents of one comes or goes. */
static gboolean
trace_reshape (const GenShape *from, const GenShape *to, int *axes)
{
  int source[GEN_MAX_RANK] = { 0 }, k = 0;

  for (int i = 0; i < from->rank; i++) {
    source[i] = -1;
    if (from->dims[i] == 1)
      continue;
    while (k < to->rank && to->dims[k] == 1)
      k++;
    if (k == to->rank || to->dims[k] != from->dims[i])
      return FALSE;
    source[i] = axes[k++];
  }
  memcpy (axes, source, sizeof source);
  return TRUE;
}

static gboolean
trace (GenTensor *weights, Origin *origin)
{
  GenTensor *at = weights, *whole, *scale;
  int axis;

  *origin = (Origin){ 0 };
  for (int i = 0; i < GEN_MAX_RANK; i++)
    origin->axes[i] = i;
  while (at->role != GEN_ROLE_CONSTANT) {
    if (find_scale (at, &whole, &scale, &axis)) {
      axis = origin->axes[axis];
      if (axis < 0 || axis > 1 || origin->scales[axis] != NULL)
        return FALSE;
      origin->scales[axis] = scale;
      at = whole;
    } else if (is (at, "Transpose")) {
      int n, source[GEN_MAX_RANK];
      const gint64 *order = gen_node_ints (at->producer, "perm", &n);

      if (order == NULL || n != at->shape.rank)
        return FALSE;
      for (int i = 0; i < n; i++)
        source[order[i]] = origin->axes[i];
      memcpy (origin->axes, source, n * sizeof *source);
      at = gen_node_input (at->producer, 0);
    } else if (is (at, "Reshape") || is (at, "Unsqueeze") || is (at, "Squeeze")) {
      GenTensor *from = gen_node_input (at->producer, 0);

      if (!trace_reshape (&from->shape, &at->shape, origin->axes))
        return FALSE;
      at = from;
    } else {
      return FALSE;
    }
  }
  origin->base = at;
  return (origin->scales[0] != NULL || origin->scales[1] != NULL) && at->type == GEN_TYPE_FLOAT32;
}

/* The constant in the order and shape of the weights. */
static GenTensor *
make_weights (GenGraph *graph, const Origin *origin, const GenShape *shape, GError **error)
{
  gint64 order[GEN_MAX_RANK];
  int rank = origin->base->shape.rank, n = 0, last = -1;
  GenTensor *made = origin->base, *turned = NULL;
  gboolean turns = FALSE;

  for (int axis = -1; axis < GEN_MAX_RANK; axis++)
    for (int i = 0; i < rank; i++)
      if ((origin->base->shape.dims[i] == 1 ? -1 : origin->axes[i]) == axis) {
        order[n++] = i;
        turns |= axis >= 0 && i < last;
        last = axis >= 0 ? i : last;
      }
  if (turns)
    made = turned = folded (
        gen_graph_op (graph, "Transpose", &made, 1, 1, error, "perm", GEN_INTS, rank, order, NULL),
        error);
  if (made == NULL)
    return NULL;
  made = folded (
      gen_binary (graph, "Reshape", made, gen_graph_ints (graph, shape->dims, shape->rank), error),
      error);
  if (turned != NULL)
    gen_tensor_give_up (turned);
  return made;
}

/* picture * scale, by channels. */
static GenTensor *
scale_channels (GenGraph *graph, GenTensor *picture, GenTensor *scale, GError **error)
{
  GenShape shape = { .rank = picture->shape.rank };

  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = i == 1 ? picture->shape.dims[1] : 1;
  scale =
      gen_binary (graph, "Reshape", scale, gen_graph_ints (graph, shape.dims, shape.rank), error);
  return gen_binary (graph, "Mul", picture, scale, error);
}

static gboolean
free_weights (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  GenTensor *y = gen_node_output (node, 0), *made, *weights;
  gboolean transposed = is (y, "ConvTranspose");
  guint first = graph->nodes->len;
  Origin origin;

  if ((!transposed && !is (y, "Conv")) || gen_node_int (node, "group", 1) != 1 ||
      gen_node_input (node, 2) != NULL || !trace (gen_node_input (node, 1), &origin))
    return TRUE;
  weights = make_weights (graph, &origin, &gen_node_input (node, 1)->shape, error);
  if (weights == NULL)
    return FALSE;
  node->inputs->pdata[1] = weights;
  if (origin.scales[!transposed] != NULL) {
    made = scale_channels (graph, gen_node_input (node, 0), origin.scales[!transposed], error);
    if (made == NULL)
      return FALSE;
    node->inputs->pdata[0] = made;
  }
  number += graph->nodes->len - first;
  move_nodes (graph, first, number - (graph->nodes->len - first));
  if (origin.scales[transposed] == NULL)
    return TRUE;
  first = graph->nodes->len;
  made = scale_channels (graph, y, origin.scales[transposed], error);
  if (made == NULL)
    return FALSE;
  move_nodes (graph, first, number + 1);
  exchange_outputs (node, made->producer);
  y->producer->inputs->pdata[0] = made;
  return TRUE;
}

gboolean
gen_graph_free_weights (GenGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (!simplify_sum (graph, i, error))
      return FALSE;
  gen_graph_drop_constants (graph);
  for (guint i = 0; i < graph->nodes->len; i++)
    if (!free_weights (graph, i, error))
      return FALSE;
  gen_graph_remove_dead (graph);
  return TRUE;
}
