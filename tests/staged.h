/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* A node whose outputs' shapes are not worked out. */
static inline GenTensor *
staged_node (GenGraph *graph, const char *op, GenTensor *const *inputs, int n)
{
  g_autoptr (GError) error = NULL;
  GenTensor *output = gen_graph_add_value (graph, NULL);

  gen_graph_add_node (graph, NULL, NULL, op, GEN_OPSET, inputs, n, &output, 1, &error);
  g_assert_no_error (error);
  return output;
}

/* `x` [n, m] as it is, but by a shape that is worked out from the places of its numbers, so that
 * nobody knows it before the model runs. */
static inline GenTensor *
staged_same (GenGraph *graph, GenTensor *x)
{
  GenTensor *positive = staged_node (graph, "Exp", &x, 1);
  GenTensor *places = staged_node (graph, "NonZero", &positive, 1);
  GenTensor *last = staged_node (graph, "ReduceMax", &places, 1), *shape;

  gen_node_set_ints (last->producer, "axes", (gint64[]){ 1 }, 1);
  gen_node_set_int (last->producer, "keepdims", 0);
  shape = staged_node (
      graph, "Add", (GenTensor *[]){ last, gen_graph_ints (graph, (gint64[]){ 1, 1 }, 2) }, 2);
  return staged_node (graph, "Reshape", (GenTensor *[]){ x, shape }, 2);
}
