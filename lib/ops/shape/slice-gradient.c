/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SliceGradient (dy): dy put back where Slice took it from, in zeros of `shape`. */
#include <string.h>
#include "../convolution/pieces.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *dy = gen_node_input (node, 0);
  const gint64 *dims, *starts, *steps;
  int n_starts, n_steps;
  GenShape shape;

  dims = gen_node_ints (node, "shape", &shape.rank);
  starts = gen_node_ints (node, "starts", &n_starts);
  steps = gen_node_ints (node, "steps", &n_steps);
  if (shape.rank != dy->shape.rank || n_starts != shape.rank || n_steps != shape.rank)
    return gen_node_error (node, error, "its attributes do not fit its operand");
  for (int i = 0; i < shape.rank; i++) {
    gint64 last = starts[i] + (dy->shape.dims[i] - 1) * steps[i];

    shape.dims[i] = dims[i];
    if (dy->shape.dims[i] > 0 &&
        (starts[i] < 0 || starts[i] >= dims[i] || last < 0 || last >= dims[i]))
      return gen_node_error (node, error, "dimension %d reaches out of its shape", i);
  }
  gen_node_set_output (node, 0, dy->type, &shape);
  return TRUE;
}

static void
clear (const GenKernel *kernel, int part, int parts)
{
  gsize first, end;

  gen_kernel_share (
      gen_tensor_size (gen_node_output (kernel->node, 0)), 64, part, parts, &first, &end);
  memset ((char *)kernel->outputs[0] + first, 0, end - first);
}

void
gen_slice_gradient_box (const GenNode *node, GenStrided *strided)
{
  const GenTensor *dy = gen_node_input (node, 0), *dx = gen_node_output (node, 0);
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK], offset = 0;
  const gint64 *starts, *steps;
  int n;

  starts = gen_node_ints (node, "starts", &n);
  steps = gen_node_ints (node, "steps", &n);
  gen_shape_strides (&dy->shape, from);
  gen_shape_strides (&dx->shape, to);
  for (int i = 0; i < n; i++) {
    offset += starts[i] * to[i];
    to[i] *= steps[i];
  }
  gen_strided_init (strided, n, dy->shape.dims, from, to, dy->type);
  strided->to_offset = offset;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *dx = gen_node_output (kernel->node, 0);
  GenStrided *strided = g_new (GenStrided, 1);

  gen_slice_gradient_box (kernel->node, strided);
  gen_kernel_add_step (kernel, clear, gen_kernel_parts (kernel, gen_tensor_size (dx), 0.05));
  return gen_strided_cpu (kernel, strided, error);
}

/* A Slice again. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  gint64 ends[GEN_MAX_RANK], axes[GEN_MAX_RANK];
  const gint64 *starts, *steps;
  int n;

  starts = gen_node_ints (g->node, "starts", &n);
  steps = gen_node_ints (g->node, "steps", &n);
  for (int i = 0; i < n; i++) {
    axes[i] = i;
    ends[i] = starts[i] + shape->dims[i] * steps[i];
    /* One before the first element, which is not the last one. */
    if (steps[i] < 0 && ends[i] < 0)
      ends[i] = G_MININT64 / 2;
  }
  g->inputs[0] = gen_graph_op (g->graph, "Slice",
      (GenTensor *[]){ g->outputs[0], gen_graph_ints (g->graph, starts, n),
          gen_graph_ints (g->graph, ends, n), gen_graph_ints (g->graph, axes, n),
          gen_graph_ints (g->graph, steps, n) },
      5, 1, error, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_slice_gradient = {
  .name = "SliceGradient",
  .summary = "Gradient of Slice: put back in zeros",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .domain = "generative",
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
