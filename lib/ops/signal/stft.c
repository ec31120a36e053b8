/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STFT: transforms of overlapping frames of a signal, each under a window. */
#include "../build.h"

#define MAX_POSITIONS ((gint64)1 << 26)

static gboolean
get_number (const GenNode *node, guint i, const char *what, gint64 *value, GError **error)
{
  int n = 0;

  if (gen_node_input (node, i) == NULL)
    return TRUE;
  if (!gen_tensor_ints (gen_node_input (node, i), value, 1, &n) || n != 1)
    return gen_node_error (node, error, "its %s must be one constant number", what);
  return TRUE;
}

/* [frames, length] positions in the signal. */
static GenTensor *
frame_positions (GenGraph *graph, gint64 frames, gint64 length, gint64 step)
{
  gint64 *positions = g_new (gint64, frames * length);

  for (gint64 f = 0; f < frames; f++)
    for (gint64 i = 0; i < length; i++)
      positions[f * length + i] = f * step + i;
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (frames, length),
      g_bytes_new_take (positions, frames * length * sizeof *positions));
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *signal = gen_node_input (node, 0), *window = gen_node_input (node, 2), *frames;
  gint64 step = 0, length = window != NULL ? gen_shape_elements (&window->shape) : 0, n;
  gboolean onesided = gen_node_int (node, "onesided", 1) != 0;

  if (!get_number (node, 1, "frame_step", &step, error) ||
      !get_number (node, 3, "frame_length", &length, error))
    return FALSE;
  if (signal->shape.rank == 2)
    signal = gen_build_reshape (
        graph, signal, &GEN_SHAPE (signal->shape.dims[0], signal->shape.dims[1], 1), error);
  if (signal == NULL)
    return FALSE;
  if (signal->shape.rank != 3)
    return gen_node_error (node, error, "its signal must be [batch, samples, 1 or 2]");
  if (length < 1 || step < 1 || length > signal->shape.dims[1])
    return gen_node_error (node, error,
        "frames of %" G_GINT64_FORMAT " every %" G_GINT64_FORMAT " do not fit %" G_GINT64_FORMAT
        " samples",
        length, step, signal->shape.dims[1]);
  if (window != NULL && (window->shape.rank != 1 || window->shape.dims[0] != length))
    return gen_node_error (node, error, "its window is not as long as its frames");
  n = (signal->shape.dims[1] - length) / step + 1;
  if (n > MAX_POSITIONS / length)
    return gen_node_error (node, error, "%" G_GINT64_FORMAT " frames are too many", n);
  frames = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ signal, frame_positions (graph, n, length, step) }, 2, 1, error, "axis",
      GEN_INT, 1, NULL);
  if (window != NULL)
    frames = gen_binary (graph, "Mul", frames,
        gen_build_reshape (graph, window, &GEN_SHAPE (length, 1), error), error);
  if (frames == NULL)
    return FALSE;
  results[0] = gen_graph_op (
      graph, "DFT", &frames, 1, 1, error, "axis", GEN_INT, 2, "onesided", GEN_INT, onesided, NULL);
  return results[0] != NULL;
}

const GenOperator gen_operator_stft = {
  .name = "STFT",
  .summary = "Fourier transforms of overlapping frames of a signal",
  .since = 17,
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
