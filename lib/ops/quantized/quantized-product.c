/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuantizedProduct (x [..., k], w [k, n] or, by transB, [n, k], ...): rows of 8-bit integers by
 * constant weights, as exact sums, which are scaled and perhaps rounded to 8 bits again. */
#include "quantized-layer.h"

static gboolean
is_swapped (const GenNode *node)
{
  return gen_node_int (node, "transB", 0) != 0;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *x = &gen_node_input (node, GEN_QUANTIZED_X)->shape;
  const GenShape *w = &gen_node_input (node, GEN_QUANTIZED_W)->shape;
  GenShape shape = *x;

  if (w->rank != 2 || x->rank < 1 || x->dims[x->rank - 1] != w->dims[is_swapped (node) ? 1 : 0])
    return gen_node_error (node, error, "its operands cannot be multiplied");
  shape.dims[shape.rank - 1] = w->dims[is_swapped (node) ? 0 : 1];
  return gen_quantized_infer (node, shape.dims[shape.rank - 1], &shape, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenShape *x = &gen_node_input (node, GEN_QUANTIZED_X)->shape;
  const GenShape *w = &gen_node_input (node, GEN_QUANTIZED_W)->shape;
  const gboolean swapped = is_swapped (node);
  const GenQuantizedAxis none = { 1, 1, 1, 1, 1, 1, 0 };

  return gen_quantized_cpu (kernel,
      &(GenQuantizedGeometry){ .items = gen_shape_product (x, 0, x->rank - 1),
          .groups = 1,
          .channels = w->dims[swapped ? 1 : 0],
          .results = w->dims[swapped ? 0 : 1],
          .axes = { none, none, none },
          .by_result = swapped ? w->dims[1] : 1,
          .by_channel = swapped ? 1 : w->dims[1] },
      error);
}

static double
flops (const GenNode *node)
{
  const GenShape *x = &gen_node_input (node, GEN_QUANTIZED_X)->shape;

  return 2.0 * gen_shape_elements (&gen_node_output (node, 0)->shape) * x->dims[x->rank - 1];
}

GEN_QUANTIZED_OPERATOR (quantized_product, "QuantizedProduct",
    "Exact product of 8-bit rows by weights, scaled and perhaps rounded to 8 bits",
    GEN_LAYOUTS_PLAIN)
