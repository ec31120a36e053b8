/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What penalties on weights share: how far these are from what they were. */
#include "apart.h"

GenTensor *
gen_retention_apart (
    GenGraph *graph, GenTensor *now, GenTensor *before, GenTensor *importance, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", now, before, error);

  apart = gen_binary (graph, "Mul", apart, apart, error);
  if (importance != NULL)
    apart = gen_binary (graph, "Mul", apart, importance, error);
  if (apart != NULL)
    apart = gen_graph_op (graph, "ReduceSum", &apart, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Mul", apart, gen_graph_float (graph, 0.5f), error);
}
