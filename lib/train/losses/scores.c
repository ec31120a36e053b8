/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scores.h"

GenTensor *
gen_loss_mean (GenGraph *graph, GenTensor *x, double scale, GError **error)
{
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "ReduceMean", (GenTensor *[]){ x }, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  if (scale != 1)
    x = gen_binary (graph, "Mul", x, gen_graph_float (graph, scale), error);
  return x;
}

GenTensor *
gen_loss_softplus (GenGraph *graph, GenTensor *x, double sign, GError **error)
{
  return gen_unary (graph, "Softplus", sign < 0 ? gen_unary (graph, "Neg", x, error) : x, error);
}

/* A label below 1 adds smoothing * x to softplus (-x). */
GenTensor *
gen_loss_cross_entropy (
    GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  GenTensor *on_real = gen_loss_softplus (graph, real, -1, error);

  if (smoothing > 0)
    on_real = gen_binary (graph, "Add", on_real,
        gen_binary (graph, "Mul", real, gen_graph_float (graph, smoothing), error), error);
  return gen_binary (graph, "Add", gen_loss_mean (graph, on_real, 1, error),
      gen_loss_mean (graph, gen_loss_softplus (graph, fake, 1, error), 1, error), error);
}
