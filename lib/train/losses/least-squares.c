/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scores.h"

/* mean (x - target)^2 / 2 */
static GenTensor *
squares (GenGraph *graph, GenTensor *x, double target, GError **error)
{
  GenTensor *distance = gen_binary (graph, "Sub", x, gen_graph_float (graph, target), error);

  return gen_loss_mean (graph, gen_binary (graph, "Mul", distance, distance, error), 0.5, error);
}

static GenTensor *
discriminator (GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  return gen_binary (graph, "Add", squares (graph, real, 1 - smoothing, error),
      squares (graph, fake, 0, error), error);
}

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return squares (graph, fake, 1, error);
}

const GenLoss gen_loss_least_squares = {
  .name = "least-squares",
  .description = "Squared distance of the scores from 1 (real) and 0 (made), Mao et al. 2017",
  .discriminator = discriminator,
  .generator = generator,
  .reads = (const char *const[]){ "label-smoothing", NULL },
};
