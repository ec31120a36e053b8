/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LpPool and GlobalLpPool: the p-norm of each window, as an average of powers times their number.
 */
#include "../build.h"
#include "../convolution/window.h"

static GenTensor *
power (GenGraph *graph, GenTensor *x, float exponent, GError **error)
{
  return exponent == 1 ? x : gen_binary (graph, "Pow", x, gen_graph_float (graph, exponent), error);
}

/* p, which was a float in opset 1. */
static float
norm_of (const GenNode *node, GError **error)
{
  const GenAttribute *attribute = gen_node_attribute (node, "p");
  float p = attribute == NULL                        ? 2
            : attribute->type == GEN_ATTRIBUTE_FLOAT ? attribute->f
                                                     : (float)attribute->i;

  if (p >= 1)
    return p;
  gen_node_error (node, error, "p must be at least 1, not %g", p);
  return 0;
}

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0);
  float p = norm_of (node, error), count = 1;
  GenWindow window;
  GenWindowLists lists;
  int n;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (p == 0)
    return NULL;
  if (kernel == NULL || n != x->shape.rank - 2) {
    gen_node_error (node, error, "kernel_shape does not fit its input");
    return NULL;
  }
  if (!gen_window_init (&window, node, &x->shape, kernel, error))
    return NULL;
  lists = gen_window_lists (&window);
  for (int i = 0; i < n; i++) {
    const GenWindowAxis *axis = &window.axes[i];
    gint64 reach = (axis->out - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;

    count *= (float)kernel[i];
    /* An average counts no cells beyond the padding, where ceil_mode lets windows stick out. */
    lists.pads[n + i] = MAX (lists.pads[n + i], reach - axis->in - axis->before);
  }
  x = power (graph, gen_unary (graph, "Abs", x, error), p, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (graph, "AveragePool", &x, 1, 1, error, GEN_WINDOW_ATTRIBUTES (lists),
      "count_include_pad", GEN_INT, 1, NULL);
  x = gen_build_times (graph, x, count, error);
  return x == NULL ? NULL : power (graph, x, 1 / p, error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

static GenTensor *
expand_global (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0);
  gint64 axes[GEN_MAX_RANK];
  float p = norm_of (node, error);

  if (p == 0)
    return NULL;
  if (x->shape.rank < 3) {
    gen_node_error (node, error, "it takes [batch, channels, spatial extents…]");
    return NULL;
  }
  for (int i = 2; i < x->shape.rank; i++)
    axes[i - 2] = i;
  x = power (graph, gen_unary (graph, "Abs", x, error), p, error);
  x = gen_binary (graph, "ReduceSum", x,
      gen_graph_ints (graph, axes, x == NULL ? 0 : x->shape.rank - 2), error);
  return x == NULL ? NULL : power (graph, x, 1 / p, error);
}

static gboolean
lower_global (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand_global (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_lp_pool = {
  .name = "LpPool",
  .summary = "The p-norm of each window",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};

const GenOperator gen_operator_global_lp_pool = {
  .name = "GlobalLpPool",
  .summary = "The p-norm of each channel",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower_global,
};
