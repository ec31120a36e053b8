/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvWeightGradient (x, dy): the gradient of a convolution's weights. */
#include "convolve.h"
#include "../product/weight-gradient.h"

#include <string.h>

#define WORK_PER_PART 300000.0

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape, *dy = &gen_node_input (node, 1)->shape;
  gint64 groups = gen_node_int (node, "group", 1);
  GenShape shape = { .rank = x->rank }, expected;
  GenWindow window;
  int n;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (x->rank != dy->rank || x->rank < 3 || kernel == NULL || n != x->rank - 2 || groups < 1 ||
      x->dims[1] % groups != 0 || dy->dims[1] % groups != 0)
    return gen_node_error (node, error, "its inputs, kernel_shape and group do not fit each other");
  shape.dims[0] = dy->dims[1];
  shape.dims[1] = x->dims[1] / groups;
  for (int i = 0; i < n; i++)
    shape.dims[2 + i] = kernel[i];
  if (!gen_convolve_window (&window, node, x, &shape, FALSE, error))
    return FALSE;
  expected = gen_window_output (&window, x->dims[0], dy->dims[1]);
  if (!gen_shape_equal (&expected, dy)) {
    g_autofree char *should = gen_shape_to_string (&expected), *is = gen_shape_to_string (dy);

    return gen_node_error (node, error, "its second input must be of shape %s, not %s", should, is);
  }
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &shape);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  return gen_convolve_flops (&gen_node_input (node, 1)->shape, &gen_node_output (node, 0)->shape);
}

typedef enum { WINOGRAD, PRODUCT, LIBRARY } Way;
static const char *const way_names[] = {
  [WINOGRAD] = "winograd", [PRODUCT] = "product", [LIBRARY] = "onednn"
};

static gboolean
find_extents (GenWeightGradient *g, const GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0), *dy = gen_node_input (node, 1);
  const GenShape *weights = &gen_node_output (node, 0)->shape;

  *g = (GenWeightGradient){ .batch = x->shape.dims[0],
    .groups = gen_node_int (node, "group", 1),
    .large_channels = x->shape.dims[1],
    .small_channels = dy->shape.dims[1],
    .large_size = gen_shape_product (&x->shape, 1, x->shape.rank),
    .small_size = gen_shape_product (&dy->shape, 1, dy->shape.rank),
    .layout = x->layout,
    .weights = gen_shape_elements (weights),
    .parts = CLAMP (flops (node) / WORK_PER_PART, 1, kernel->threads) };
  return gen_convolve_window (&g->window, node, &x->shape, weights, FALSE, error);
}

static Way
rule (const GenWeightGradient *g)
{
  return gen_weight_gradient_winograd_suits (g)  ? WINOGRAD
         : gen_weight_gradient_product_suits (g) ? PRODUCT
                                                 : LIBRARY;
}

static gboolean
can (const GenWeightGradient *g, Way way)
{
  return way == WINOGRAD  ? gen_weight_gradient_winograd_suits (g)
         : way == PRODUCT ? gen_weight_gradient_product_can (g)
                          : TRUE;
}

static void
ways (const GenKernel *kernel, GPtrArray *ways)
{
  GenWeightGradient g;
  Way first;

  if (!find_extents (&g, kernel, NULL))
    return;
  first = rule (&g);
  g_ptr_array_add (ways, (char *)way_names[first]);
  for (Way way = WINOGRAD; way <= LIBRARY; way++)
    if (way != first && can (&g, way))
      g_ptr_array_add (ways, (char *)way_names[way]);
}

/* That of the rules, where another is not asked for or cannot be. */
static Way
choose (const GenKernel *kernel, const GenWeightGradient *g)
{
  for (Way way = WINOGRAD; way <= LIBRARY; way++)
    if (g_strcmp0 (kernel->way, way_names[way]) == 0 && can (g, way))
      return way;
  return rule (g);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  GenWeightGradient g;
  Way way;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (gen_shape_elements (&x->shape) == 0 ||
      gen_shape_elements (&gen_node_output (node, 0)->shape) == 0)
    return gen_node_error (node, error, "its inputs must not be empty");
  if (!find_extents (&g, kernel, error))
    return FALSE;
  way = choose (kernel, &g);
  kernel->way = way_names[way];
  if (way == LIBRARY)
    return gen_weight_gradient_library_init (kernel, &g, error);
  if (way == WINOGRAD)
    gen_weight_gradient_winograd_init (kernel, &g);
  else
    gen_weight_gradient_product_init (kernel, &g);
  return TRUE;
}

/* Linear in x and in dy: with G the gradient that flows in, dy is met by Conv (x, G), and x by
 * ConvTranspose (dy, G). */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0), *dy = gen_node_input (g->node, 1);
  int groups = gen_node_int (g->node, "group", 1);
  gint64 extra[GEN_WINDOW_MAX_RANK];
  GenWindowLists lists;
  GenWindow window;

  if (!gen_convolve_window (
          &window, g->node, &x->shape, &gen_node_output (g->node, 0)->shape, FALSE, error))
    return FALSE;
  lists = gen_window_lists (&window);
  gen_convolve_output_padding (&window, extra);
  if (g->needed[0]) {
    g->inputs[0] = gen_graph_op (g->graph, "ConvTranspose", (GenTensor *[]){ dy, g->outputs[0] }, 2,
        1, error, GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, "output_padding",
        GEN_INTS, window.rank, extra, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    g->inputs[1] = gen_graph_op (g->graph, "Conv", (GenTensor *[]){ x, g->outputs[0] }, 2, 1, error,
        GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, NULL);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_conv_weight_gradient = {
  .name = "ConvWeightGradient",
  .domain = "generative",
  .summary = "Gradient of the weights of Conv and ConvTranspose",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .layout_inputs = 1u << 1,
  .layout_output_plain = TRUE,
  .infer = infer,
  .ways = ways,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
