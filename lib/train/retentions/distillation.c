/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Li and Hoiem, "Learning without forgetting", 2016: what a net makes of what it is given now stays
 * what it made of it before. Of scores those of the classes that there were count, as soft labels
 * of a temperature T (Hinton et al., 2015),
 *
 *   T^2 sum p log (p / q),
 *
 * of what Softmax makes of both; of all else the mean square of the difference (for generators: Wu
 * et al., "Memory replay GANs", 2018). It wants no samples of before, and works as far as those of
 * now say something of them. */
#include <generative/retention.h>

/* The first `classes` of scores, divided by the temperature. */
static GenTensor *
soften (GenGraph *graph, GenTensor *scores, gint64 classes, double temperature, GError **error)
{
  const gint64 from = 0, axis = 1;

  if (scores == NULL)
    return NULL;
  if (classes < scores->shape.dims[1])
    scores = gen_graph_op (graph, "Slice",
        (GenTensor *[]){ scores, gen_graph_ints (graph, &from, 1),
            gen_graph_ints (graph, &classes, 1), gen_graph_ints (graph, &axis, 1) },
        4, 1, error, NULL);
  scores = gen_binary (graph, "Div", scores, gen_graph_float (graph, (float)temperature), error);
  return scores == NULL
             ? NULL
             : gen_graph_op (graph, "LogSoftmax", &scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
}

/* The mean over the batch of T^2 sum p log (p / q). */
static GenTensor *
diverge (GenGraph *graph, GenTensor *now, GenTensor *before, gint64 classes, double temperature,
    GError **error)
{
  const float factor = (float)(temperature * temperature / (double)now->shape.dims[0]);
  GenTensor *q = soften (graph, now, classes, temperature, error);
  GenTensor *p = soften (graph, before, classes, temperature, error);
  GenTensor *ratio = gen_binary (graph, "Sub", p, q, error), *sum;

  if (ratio == NULL)
    return NULL;
  sum = gen_binary (graph, "Mul", gen_unary (graph, "Exp", p, error), ratio, error);
  if (sum != NULL)
    sum = gen_graph_op (graph, "ReduceSum", &sum, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Mul", sum, gen_graph_float (graph, factor), error);
}

static GenTensor *
outputs (GenGraph *graph, GenTensor *now, GenTensor *before, gint64 classes, double temperature,
    GError **error)
{
  GenTensor *apart;

  if (classes > 0)
    return diverge (graph, now, before, classes, temperature, error);
  apart = gen_binary (graph, "Sub", now, before, error);
  apart = gen_binary (graph, "Mul", apart, apart, error);
  return apart == NULL ? NULL
                       : gen_graph_op (graph, "ReduceMean", &apart, 1, 1, error, "keepdims",
                             GEN_INT, 0, NULL);
}

const GenRetention gen_retention_distillation = {
  .name = "distillation",
  .description = "What nets make stays what they made before, Li and Hoiem 2016",
  .weight = 1,
  .outputs = outputs,
  .reads = (const char *const[]){ "retain-weight", "retain-temperature", NULL },
};
