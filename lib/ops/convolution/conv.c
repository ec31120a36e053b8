/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conv: y[n, o] = activation (bias[o] + sum over c of x[n, c] correlated with W[o, c]), over one
 * to three spatial axes. The gradient of x is a ConvTranspose by the same weights. */
#include "convolve.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1);
  const GenTensor *bias = gen_node_input (node, 2);
  gint64 groups = gen_node_int (node, "group", 1);
  GenWindow window;
  GenShape shape;

  if (!gen_node_same_type (node, 1, 2, error) ||
      !gen_convolve_window (&window, node, &x->shape, &w->shape, FALSE, error))
    return FALSE;
  if (groups < 1 || w->shape.dims[0] % groups != 0 || x->shape.dims[1] != w->shape.dims[1] * groups)
    return gen_node_error (node, error,
        "%" G_GINT64_FORMAT " channels do not fit weights for %" G_GINT64_FORMAT
        " in %" G_GINT64_FORMAT " groups",
        x->shape.dims[1], w->shape.dims[1], groups);
  if (bias != NULL && (bias->shape.rank != 1 || bias->shape.dims[0] != w->shape.dims[0]))
    return gen_node_error (node, error, "its bias must have one value for each output channel");
  shape = gen_window_output (&window, x->shape.dims[0], w->shape.dims[0]);
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static void
ways (const GenKernel *kernel, GPtrArray *ways)
{
  gen_convolve_ways (kernel, FALSE, ways);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_convolve_cpu (kernel, FALSE, error);
}

static GenTensor *
data_gradient (GenGradient *g, const GenWindow *window, GError **error)
{
  GenWindowLists lists = gen_window_lists (window);
  gint64 extra[GEN_WINDOW_MAX_RANK];

  gen_convolve_output_padding (window, extra);
  return gen_graph_op (g->graph, "ConvTranspose",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error,
      GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, (int)gen_node_int (g->node, "group", 1),
      "output_padding", GEN_INTS, window->rank, extra, NULL);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0), *w = gen_node_input (g->node, 1);
  GenWindowLists lists;
  GenWindow window;

  if (!gen_convolve_window (&window, g->node, &x->shape, &w->shape, FALSE, error))
    return FALSE;
  lists = gen_window_lists (&window);
  if (g->needed[0]) {
    g->inputs[0] = data_gradient (g, &window, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    g->inputs[1] = gen_graph_op (g->graph, "ConvWeightGradient",
        (GenTensor *[]){ x, g->outputs[0] }, 2, 1, error, GEN_WINDOW_ATTRIBUTES (lists), "group",
        GEN_INT, (int)gen_node_int (g->node, "group", 1), NULL);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return gen_convolve_bias_gradient (g, error);
}

static double
flops (const GenNode *node)
{
  return gen_convolve_flops (&gen_node_output (node, 0)->shape, &gen_node_input (node, 1)->shape);
}

const GenOperator gen_operator_conv = {
  .name = "Conv",
  .summary = "Convolution over one to three spatial axes",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .widens = 0x7,
  .fuses_activation = TRUE,
  .fuses_inputs = TRUE,
  .infer = infer,
  .ways = ways,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
