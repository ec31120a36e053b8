/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far the mean scores of real and of made samples are apart, which is how far their
 * distributions are where no score changes faster than its sample: that is for the gradient penalty
 * to see to. Scores are no labels, so smoothing has nothing to smooth. */
#include "scores.h"

static GenTensor *
discriminator (GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  return gen_binary (graph, "Sub", gen_loss_mean (graph, fake, 1, error),
      gen_loss_mean (graph, real, 1, error), error);
}

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return gen_loss_mean (graph, fake, -1, error);
}

const GenLoss gen_loss_wasserstein = {
  .name = "wasserstein",
  .description = "D: mean made minus mean real score; G: minus the mean score, Arjovsky et al. "
                 "2017; with gradient-penalty",
  .discriminator = discriminator,
  .generator = generator,
};
