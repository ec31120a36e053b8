/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The length of the change of a sample, of all its numbers together. */
#include "norms.h"

/* What is shorter has no direction. */
#define SHORTEST 1e-12f

/* The length of each sample of `x`, [batch, 1, …], and at least SHORTEST. */
static GenTensor *
measure (GenGraph *graph, GenTensor *x, GError **error)
{
  static const gint64 axes[] = { 1, 2, 3, 4, 5, 6, 7 };
  GenTensor *length = gen_graph_op (graph, "ReduceL2", &x, 1, 1, error, "axes", GEN_INTS,
      MIN (x->shape.rank - 1, (int)G_N_ELEMENTS (axes)), axes, NULL);

  return gen_binary (graph, "Max", length, gen_graph_float (graph, SHORTEST), error);
}

GenTensor *
gen_l2_ascend (GenGraph *graph, GenTensor *gradient, GError **error)
{
  return gradient != NULL
             ? gen_binary (graph, "Div", gradient, measure (graph, gradient, error), error)
             : NULL;
}

GenTensor *
gen_l2_project (GenGraph *graph, GenTensor *change, GenTensor *epsilon, GError **error)
{
  GenTensor *share;

  if (change == NULL)
    return NULL;
  share = gen_binary (graph, "Div", epsilon, measure (graph, change, error), error);
  share = gen_binary (graph, "Min", share, gen_graph_float (graph, 1), error);
  return gen_binary (graph, "Mul", change, share, error);
}

/* In any direction, anywhere from 0 to epsilon long. */
GenTensor *
gen_l2_draw (GenGraph *graph, GenTensor *samples, GenTensor *epsilon, GError **error)
{
  GenShape shape = samples->shape;
  GenTensor *direction = gen_graph_op (graph, "RandomNormalLike", &samples, 1, 1, error, NULL);
  GenTensor *length;

  for (int i = 1; i < shape.rank; i++)
    shape.dims[i] = 1;
  length = gen_graph_op (
      graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, shape.rank, shape.dims, NULL);
  length = gen_binary (graph, "Mul", length, epsilon, error);
  return gen_binary (graph, "Mul", gen_l2_ascend (graph, direction, error), length, error);
}
