/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuantizedConv and QuantizedConvTranspose: convolutions of 8-bit pictures by constant weights, as
 * exact sums, which are scaled and perhaps rounded to 8 bits again. */
#include "../convolution/convolve.h"
#include "quantized-layer.h"

extern const GenOperator gen_operator_quantized_conv_transpose;

static gboolean
is_transposed (const GenNode *node)
{
  return node->op == &gen_operator_quantized_conv_transpose;
}

static gint64
groups_of (const GenNode *node)
{
  return gen_node_int (node, "group", 1);
}

static gint64
results_of (const GenNode *node)
{
  const GenShape *w = &gen_node_input (node, GEN_QUANTIZED_W)->shape;

  return is_transposed (node) ? w->dims[1] * groups_of (node) : w->dims[0];
}

/* Shapes are those of the Conv or ConvTranspose that was there before, which has checked them. */
static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, GEN_QUANTIZED_X);
  GenWindow window;
  GenShape shape;

  if (!gen_convolve_window (
          &window, node, &x->shape, &gen_node_input (node, 1)->shape, is_transposed (node), error))
    return FALSE;
  shape = gen_window_output (&window, x->shape.dims[0], results_of (node));
  return gen_quantized_infer (node, results_of (node), &shape, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenShape *x = &gen_node_input (node, GEN_QUANTIZED_X)->shape;
  const GenShape *w = &gen_node_input (node, GEN_QUANTIZED_W)->shape;
  const gboolean transposed = is_transposed (node);
  const gint64 cells = gen_shape_product (w, 2, w->rank);
  GenQuantizedGeometry geometry = {
    .items = x->dims[0], .groups = groups_of (node), .transposed = transposed
  };
  GenWindow window;

  if (!gen_convolve_window (&window, node, x, w, transposed, error))
    return FALSE;
  geometry.channels = x->dims[1] / geometry.groups;
  geometry.results = results_of (node) / geometry.groups;
  geometry.by_channel = transposed ? w->dims[1] * cells : cells;
  geometry.by_result = transposed ? cells : w->dims[1] * cells;
  geometry.by_group =
      transposed ? geometry.channels * geometry.by_channel : geometry.results * geometry.by_result;
  for (int i = 0; i < 3; i++) {
    const int axis = i - 3 + window.rank;
    const GenWindowAxis *a = &window.axes[MAX (axis, 0)];

    geometry.axes[i] =
        axis < 0 ? (GenQuantizedAxis){ 1, 1, 1, 1, 1, 1, 0 }
                 : (GenQuantizedAxis){ a->in, a->out, a->kernel, transposed ? 1 : a->stride,
                     transposed ? a->stride : 1, a->dilation, a->before };
  }
  return gen_quantized_cpu (kernel, &geometry, error);
}

static double
flops (const GenNode *node)
{
  const GenTensor *small =
      is_transposed (node) ? gen_node_input (node, 0) : gen_node_output (node, 0);

  return gen_convolve_flops (&small->shape, &gen_node_input (node, GEN_QUANTIZED_W)->shape);
}

GEN_QUANTIZED_OPERATOR (quantized_conv, "QuantizedConv",
    "Exact convolution of an 8-bit picture, scaled and perhaps rounded to 8 bits",
    GEN_LAYOUTS_CHANNELS_LAST)
GEN_QUANTIZED_OPERATOR (quantized_conv_transpose, "QuantizedConvTranspose",
    "Exact transposed convolution of an 8-bit picture, scaled and perhaps rounded to 8 bits",
    GEN_LAYOUTS_CHANNELS_LAST)
