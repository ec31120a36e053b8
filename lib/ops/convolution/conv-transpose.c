/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvTranspose: the transpose of a convolution, which makes small pictures large. Its gradient
 * for x is the convolution. */
#include "convolve.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1);
  const GenTensor *bias = gen_node_input (node, 2);
  gint64 groups = gen_node_int (node, "group", 1), channels;
  GenWindow window;
  GenShape shape;

  if (!gen_node_same_type (node, 1, 2, error) ||
      !gen_convolve_window (&window, node, &x->shape, &w->shape, TRUE, error))
    return FALSE;
  if (groups < 1 || w->shape.dims[0] % groups != 0 || x->shape.dims[1] != w->shape.dims[0])
    return gen_node_error (node, error,
        "%" G_GINT64_FORMAT " channels do not fit weights for %" G_GINT64_FORMAT
        " in %" G_GINT64_FORMAT " groups",
        x->shape.dims[1], w->shape.dims[0], groups);
  if (__builtin_mul_overflow (w->shape.dims[1], groups, &channels))
    return gen_node_error (node, error, "too many channels");
  if (bias != NULL && (bias->shape.rank != 1 || bias->shape.dims[0] != channels))
    return gen_node_error (node, error, "its bias must have one value for each output channel");
  shape = gen_window_output (&window, x->shape.dims[0], channels);
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static void
ways (const GenKernel *kernel, GPtrArray *ways)
{
  gen_convolve_ways (kernel, TRUE, ways);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_convolve_cpu (kernel, TRUE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0), *w = gen_node_input (g->node, 1);
  int groups = gen_node_int (g->node, "group", 1);
  GenWindowLists lists;
  GenWindow window;

  if (!gen_convolve_window (&window, g->node, &x->shape, &w->shape, TRUE, error))
    return FALSE;
  for (int i = 0; i < window.rank; i++) {
    GenWindowAxis *axis = &window.axes[i];

    /* Results that no input reaches count as if they were cut off. */
    axis->after = axis->stride * (axis->in - 1) + axis->dilation * (axis->kernel - 1) + 1 -
                  axis->before - axis->out;
    axis->after = MAX (axis->after, 0);
    if (axis->out + axis->before + axis->after >=
        axis->stride * axis->in + axis->dilation * (axis->kernel - 1) + 1)
      return gen_node_error (g->node, error,
          "there is no gradient where output_padding is not smaller than the stride");
  }
  lists = gen_window_lists (&window);
  if (g->needed[0]) {
    g->inputs[0] = gen_graph_op (g->graph, "Conv", (GenTensor *[]){ g->outputs[0], w }, 2, 1, error,
        GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    g->inputs[1] =
        gen_graph_op (g->graph, "ConvWeightGradient", (GenTensor *[]){ g->outputs[0], x }, 2, 1,
            error, GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, NULL);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return gen_convolve_bias_gradient (g, error);
}

static double
flops (const GenNode *node)
{
  return gen_convolve_flops (&gen_node_input (node, 0)->shape, &gen_node_input (node, 1)->shape);
}

const GenOperator gen_operator_conv_transpose = {
  .name = "ConvTranspose",
  .summary = "Transposed convolution over one to three spatial axes",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .widens = 0x7,
  .fuses_activation = TRUE,
  .infer = infer,
  .ways = ways,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
