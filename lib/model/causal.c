/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that take any number of frames, and see those before each one, made to remember them: what a
 * Pad or the pads of a convolution put in front of the first frame are the last frames of the run
 * before, and what a recurrent layer begins with is what it ended with. */
#include "causal.h"

#include <string.h>

#include "../graph/graph-private.h"
#include "../ops/build.h"

typedef struct {
  GenGraph *graph;
  const GenGraph *longer;
} Stream;

enum { NO_TIME = -1, BENT_TIME = -2 };

/* The axis that time runs along; BENT_TIME where there are several. */
static int
time_axis (const Stream *stream, const GenTensor *x)
{
  const GenTensor *more = x != NULL ? gen_graph_find (stream->longer, x->name) : NULL;
  int axis = NO_TIME;

  if (more == NULL || more->shape.rank != x->shape.rank)
    return NO_TIME;
  for (int d = 0; d < x->shape.rank; d++)
    if (x->shape.dims[d] != more->shape.dims[d])
      axis = axis == NO_TIME ? d : BENT_TIME;
  return axis;
}

/* Whether an element of that axis is a frame: not a frame's bin, where both have been made one. */
static gboolean
is_of_frames (const Stream *stream, const GenTensor *x, int axis)
{
  return gen_graph_find (stream->longer, x->name)->shape.dims[axis] == x->shape.dims[axis] + 1;
}

static gboolean
fail (const GenNode *node, const char *why, GError **error)
{
  const GenTensor *output = gen_node_output (node, 0);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s that makes '%s' %s",
      node->op->name, output != NULL ? output->name : node->name, why);
  return FALSE;
}

static GBytes *
make_zeros (const GenShape *shape)
{
  const gsize size = (gsize)gen_shape_elements (shape) * sizeof (float);

  return g_bytes_new_take (g_malloc0 (size), size);
}

/* Put the last `before` frames of the run before in front of what `node` reads first. */
static gboolean
put_before (Stream *stream, GenNode *node, int axis, gint64 before, GError **error)
{
  GenGraph *graph = stream->graph;
  GenTensor *x = gen_node_input (node, 0), *state, *joined, *next;
  const gint64 frames = x->shape.dims[axis];
  GenShape shape = x->shape;

  if (x->type != GEN_TYPE_FLOAT32)
    return fail (node, "has frames before it that are not float32", error);
  if (!is_of_frames (stream, x, axis))
    return fail (node, "has frames and what is in them on one axis", error);
  shape.dims[axis] = before;
  state = gen_graph_add_state (graph, "frames before", x->type, &shape, make_zeros (&shape));
  joined = gen_build_concat (graph, state, x, axis, error);
  next = gen_build_slice (graph, joined, axis, frames, frames + before, error);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (graph, state, next);
  node->inputs->pdata[0] = joined;
  return TRUE;
}

/* --- operators --- */

static gboolean
remember_pad (Stream *stream, GenNode *node, int axis, GError **error)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 pads[2 * GEN_MAX_RANK];
  const gint64 *given;
  gboolean is_input = FALSE;
  int n = 0;

  given = gen_node_ints (node, "pads", &n);
  if (given != NULL && n == 2 * rank) {
    memcpy (pads, given, sizeof *pads * (gsize)n);
  } else {
    is_input = gen_tensor_ints (gen_node_input (node, 1), pads, G_N_ELEMENTS (pads), &n);
    if (!is_input || n != 2 * rank || gen_node_input (node, 3) != NULL)
      return fail (node, "has pads that are not known", error);
  }
  if (pads[axis] == 0 && pads[rank + axis] == 0)
    return TRUE;
  if (pads[rank + axis] != 0 || pads[axis] < 0)
    return fail (node, "hangs on frames to come", error);
  if (strcmp (gen_node_string (node, "mode", "constant"), "constant") != 0)
    return fail (node, "mirrors frames", error);
  if (!put_before (stream, node, axis, pads[axis], error))
    return FALSE;
  pads[axis] = 0;
  if (is_input)
    node->inputs->pdata[1] = gen_graph_ints (stream->graph, pads, (gsize)n);
  else
    gen_node_set_ints (node, "pads", pads, n);
  return TRUE;
}

/* An attribute of a window, of one of its `n` axes. */
static gint64
window_int (const GenNode *node, const char *name, int axis, gint64 missing)
{
  int n = 0;
  const gint64 *values = gen_node_ints (node, name, &n);

  return values != NULL && axis < n ? values[axis] : missing;
}

static gboolean
remember_window (Stream *stream, GenNode *node, int axis, GError **error)
{
  const int spatial = gen_node_input (node, 0)->shape.rank - 2, at = axis - 2;
  const GenTensor *weights = gen_node_input (node, 1);
  const gboolean has_weights = weights != NULL && weights->shape.rank == spatial + 2;
  gint64 kernel, before, after, pads[2 * GEN_MAX_RANK];

  if (axis == 0)
    return TRUE;
  if (axis == 1)
    return fail (node, "takes frames for channels", error);
  kernel = window_int (node, "kernel_shape", at, has_weights ? weights->shape.dims[axis] : 1);
  before = window_int (node, "pads", at, 0);
  after = window_int (node, "pads", at + spatial, 0);
  if (window_int (node, "strides", at, 1) != 1 || after != 0 ||
      (kernel > 1 && strcmp (gen_node_string (node, "auto_pad", "NOTSET"), "NOTSET") != 0))
    return fail (node, "hangs on frames to come, or leaves some out", error);
  if (strcmp (node->op->name, "ConvTranspose") == 0 && kernel > 1)
    return fail (node, "spreads frames over others", error);
  if (before == 0)
    return TRUE;
  if (!put_before (stream, node, axis, before, error))
    return FALSE;
  for (int d = 0; d < 2 * spatial; d++)
    pads[d] = d == at ? 0 : window_int (node, "pads", d, 0);
  gen_node_set_ints (node, "pads", pads, 2 * spatial);
  return TRUE;
}

/* Let input `i` of a recurrent layer, which it begins with, be what it ended with in output `o`. */
static gboolean
carry (Stream *stream, GenNode *node, guint i, guint o, GError **error)
{
  GenTensor *begin = gen_node_input (node, i), *end, *state;
  const GenTensor *x = gen_node_input (node, 0);
  const GenShape shape = GEN_SHAPE (1, x->shape.dims[1], gen_node_int (node, "hidden_size", 0));
  GBytes *data;

  if (begin != NULL && begin->role != GEN_ROLE_CONSTANT)
    return fail (node, "begins with what is computed", error);
  data = begin != NULL && gen_tensor_constant (begin) != NULL ? g_bytes_ref (begin->data)
                                                              : make_zeros (&shape);
  state = gen_graph_add_state (stream->graph, "memory", GEN_TYPE_FLOAT32, &shape, data);
  while (node->inputs->len <= i)
    g_ptr_array_add (node->inputs, NULL);
  while (node->outputs->len <= o)
    g_ptr_array_add (node->outputs, NULL);
  end = gen_node_output (node, o);
  if (end == NULL) {
    end = gen_graph_add_value (stream->graph, NULL);
    end->producer = node;
    end->type = GEN_TYPE_FLOAT32;
    end->shape = shape;
    node->outputs->pdata[o] = end;
  }
  node->inputs->pdata[i] = state;
  gen_graph_assign (stream->graph, state, end);
  return TRUE;
}

static gboolean
remember_layer (Stream *stream, GenNode *node, int axis, GError **error)
{
  if (gen_node_int (node, "layout", 0) != 0)
    return fail (node, "has frames behind batches", error);
  /* Over other axes, each frame by itself. */
  if (axis != 0)
    return TRUE;
  if (strcmp (gen_node_string (node, "direction", "forward"), "forward") != 0)
    return fail (node, "hangs on frames to come", error);
  if (!is_of_frames (stream, gen_node_input (node, 0), axis))
    return fail (node, "has frames and what is in them on one axis", error);
  return carry (stream, node, 5, 1, error) &&
         (strcmp (node->op->name, "LSTM") != 0 || carry (stream, node, 6, 2, error));
}

/* Whether what it makes of a frame hangs on that frame alone. */
static gboolean
keeps_time (Stream *stream, const GenNode *node, int axis, GError **error)
{
  static const char *const whole[] = { "InstanceNormalization", "GroupNormalization", "CumSum",
    "GlobalAveragePool", "GlobalMaxPool", NULL };
  static const char *const along[] = { "Softmax", "LogSoftmax", "Hardmax", "TopK",
    "LayerNormalization", "LpNormalization", NULL };
  static const char *const cuts[] = { "Slice", "Gather", "Concat", "Split", "Resize", NULL };
  const GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const int made = time_axis (stream, y);

  if (made == NO_TIME || g_strv_contains (whole, node->op->name))
    return fail (node, "hangs on all frames", error);
  if (g_strv_contains (cuts, node->op->name) && made >= 0 &&
      x->shape.dims[axis] != y->shape.dims[made])
    return fail (node, "moves frames", error);
  if (g_strv_contains (along, node->op->name)) {
    const gint64 on = gen_node_int (node, "axis", -1);
    const gint64 from = on < 0 ? on + x->shape.rank : on;

    if (from == axis || (from < axis && strcmp (node->op->name, "LayerNormalization") == 0))
      return fail (node, "hangs on all frames", error);
  }
  return TRUE;
}

static gboolean
remember (Stream *stream, GenNode *node, GError **error)
{
  static const char *const windows[] = { "Conv", "ConvTranspose", "MaxPool", "AveragePool", NULL };
  static const char *const layers[] = { "GRU", "LSTM", "RNN", NULL };

  for (guint i = 0; i < node->inputs->len; i++) {
    const int axis = time_axis (stream, gen_node_input (node, i));

    if (axis == NO_TIME)
      continue;
    if (axis == BENT_TIME)
      return fail (node, "takes every frame with every other", error);
    if (i == 0 && strcmp (node->op->name, "Pad") == 0)
      return remember_pad (stream, node, axis, error);
    if (i == 0 && g_strv_contains (windows, node->op->name))
      return remember_window (stream, node, axis, error);
    if (i == 0 && g_strv_contains (layers, node->op->name))
      return remember_layer (stream, node, axis, error);
    return keeps_time (stream, node, axis, error);
  }
  return TRUE;
}

gboolean
gen_graph_remember (GenGraph *graph, const GenGraph *longer, GError **error)
{
  Stream stream = { graph, longer };
  const guint n = graph->nodes->len;

  for (guint i = 0; i < n; i++)
    if (!remember (&stream, g_ptr_array_index (graph->nodes, i), error))
      return FALSE;
  gen_graph_sort (graph);
  return TRUE;
}
