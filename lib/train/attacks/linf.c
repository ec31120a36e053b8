/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The greatest change of any number of a sample: a step changes each by as much. */
#include "norms.h"

GenTensor *
gen_linf_ascend (GenGraph *graph, GenTensor *gradient, GError **error)
{
  return gradient != NULL ? gen_unary (graph, "Sign", gradient, error) : NULL;
}

GenTensor *
gen_linf_project (GenGraph *graph, GenTensor *change, GenTensor *epsilon, GError **error)
{
  GenTensor *most;

  if (change == NULL)
    return NULL;
  most = gen_binary (graph, "Min", change, epsilon, error);
  return gen_binary (graph, "Max", most, gen_unary (graph, "Neg", epsilon, error), error);
}

/* Each number anywhere from -epsilon to epsilon. */
GenTensor *
gen_linf_draw (GenGraph *graph, GenTensor *samples, GenTensor *epsilon, GError **error)
{
  GenTensor *drawn = gen_graph_op (graph, "RandomUniformLike", &samples, 1, 1, error, "low",
      GEN_FLOAT, -1.0, "high", GEN_FLOAT, 1.0, NULL);

  return gen_binary (graph, "Mul", drawn, epsilon, error);
}
