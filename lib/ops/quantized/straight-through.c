/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "straight-through.h"

#include "../build.h"

/* The least and the greatest number of each type of integers. */
static const struct {
  GenDataType type;
  float low, high;
} ranges[] = {
  { GEN_TYPE_UINT8, 0, G_MAXUINT8 },
  { GEN_TYPE_INT8, G_MININT8, G_MAXINT8 },
  { GEN_TYPE_UINT16, 0, G_MAXUINT16 },
  { GEN_TYPE_INT16, G_MININT16, G_MAXINT16 },
  { GEN_TYPE_UINT4, 0, 15 },
  { GEN_TYPE_INT4, -8, 7 },
  { GEN_TYPE_UINT2, 0, 3 },
  { GEN_TYPE_INT2, -2, 1 },
};

/* A scale or zero point as it is broadcast along the operand: one, or one for each index of an
 * axis. */
static GenTensor *
spread (const GenGradient *g, GenTensor *numbers, GError **error)
{
  const GenShape *x = &gen_node_input (g->node, 0)->shape;
  const int axis = gen_axis (gen_node_int (g->node, "axis", 1), x->rank);
  GenShape shape = { .rank = x->rank };

  if (gen_shape_elements (&numbers->shape) == 1)
    return gen_build_reshape (g->graph, numbers, &GEN_SHAPE_SCALAR, error);
  if (axis < 0 || numbers->shape.rank != 1 || gen_node_int (g->node, "block_size", 0) != 0) {
    gen_node_error (g->node, error, "there is no gradient through scales of blocks");
    return NULL;
  }
  for (int d = 0; d < x->rank; d++)
    shape.dims[d] = d == axis ? numbers->shape.dims[0] : 1;
  return gen_build_reshape (g->graph, numbers, &shape, error);
}

/* Whether the operand, as it would be without rounding, is within what the result's type holds; the
 * gradient as it is where that is a float. */
static GenTensor *
cut_off (const GenGradient *g, GenTensor *gradient, GenTensor *scale, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *zero = gen_node_input (g->node, 2), *steps, *kept;
  const GenDataType type = gen_node_output (g->node, 0)->type;

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    if (ranges[i].type != type)
      continue;
    steps = gen_binary (graph, "Div", gen_node_input (g->node, 0), scale, error);
    if (zero != NULL)
      steps = gen_binary (graph, "Add", steps,
          spread (g, gen_build_cast (graph, zero, GEN_TYPE_FLOAT32, error), error), error);
    kept = steps == NULL ? NULL
                         : gen_graph_op (graph, "Clip",
                               (GenTensor *[]){ steps, gen_graph_float (graph, ranges[i].low),
                                   gen_graph_float (graph, ranges[i].high) },
                               3, 1, error, NULL);
    kept = gen_binary (graph, "Equal", kept, steps, error);
    return kept == NULL ? NULL
                        : gen_graph_op (graph, "Where",
                              (GenTensor *[]){ kept, gradient, gen_graph_float (graph, 0) }, 3, 1,
                              error, NULL);
  }
  return gradient;
}

gboolean
gen_quantize_gradient (GenGradient *g, GError **error)
{
  GenTensor *scale, *gradient;

  if (!g->needed[0])
    return TRUE;
  scale = spread (g, gen_node_input (g->node, 1), error);
  gradient = gen_binary (g->graph, "Div", g->outputs[0], scale, error);
  g->inputs[0] = gradient != NULL ? cut_off (g, gradient, scale, error) : NULL;
  return g->inputs[0] != NULL;
}

gboolean
gen_dequantize_gradient (GenGradient *g, GError **error)
{
  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_binary (
      g->graph, "Mul", g->outputs[0], spread (g, gen_node_input (g->node, 1), error), error);
  return g->inputs[0] != NULL;
}
