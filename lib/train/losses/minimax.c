/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scores.h"

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return gen_loss_mean (graph, gen_loss_softplus (graph, fake, 1, error), -1, error);
}

const GenLoss gen_loss_minimax = {
  .name = "minimax",
  .description = "D: -log D(x) - log (1 - D(G(z))); G: log (1 - D(G(z))), Goodfellow et al. 2014, "
                 "whose gradient fades while D is sure",
  .discriminator = gen_loss_cross_entropy,
  .generator = generator,
  .reads = (const char *const[]){ "label-smoothing", NULL },
};
