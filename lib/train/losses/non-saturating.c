/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scores.h"

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return gen_loss_mean (graph, gen_loss_softplus (graph, fake, -1, error), 1, error);
}

const GenLoss gen_loss_non_saturating = {
  .name = "non-saturating",
  .description = "As minimax, but G: -log D(G(z)), which learns fast while D is sure",
  .discriminator = gen_loss_cross_entropy,
  .generator = generator,
  .reads = (const char *const[]){ "label-smoothing", NULL },
};
