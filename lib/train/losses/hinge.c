/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scores.h"

/* max (0, target + sign * x) */
static GenTensor *
margin (GenGraph *graph, GenTensor *x, double sign, double target, GError **error)
{
  GenTensor *distance =
      gen_binary (graph, sign < 0 ? "Sub" : "Add", gen_graph_float (graph, target), x, error);

  return gen_loss_mean (graph, gen_unary (graph, "Relu", distance, error), 1, error);
}

static GenTensor *
discriminator (GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  return gen_binary (graph, "Add", margin (graph, real, -1, 1 - smoothing, error),
      margin (graph, fake, 1, 1, error), error);
}

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return gen_loss_mean (graph, fake, -1, error);
}

const GenLoss gen_loss_hinge = {
  .name = "hinge",
  .description = "D: max (0, 1 - x) on real and max (0, 1 + x) on made scores; G: -x, "
                 "Lim and Ye 2017",
  .discriminator = discriminator,
  .generator = generator,
  .reads = (const char *const[]){ "label-smoothing", NULL },
};
