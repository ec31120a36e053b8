/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With p = sigmoid (x) for what is to be t: -t log p - (1 - t) log (1 - p), which is
 * softplus (x) - x t, and finite for any x. */
#include "means.h"

static GenTensor *
loss (GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error)
{
  GenTensor *entropy = gen_binary (graph, "Sub", gen_unary (graph, "Softplus", made, error),
      gen_binary (graph, "Mul", made, wanted, error), error);

  return gen_reconstruction_mean (graph, entropy, error);
}

const GenReconstruction gen_reconstruction_cross_entropy = {
  .name = "cross-entropy",
  .description = "Binary cross-entropy of samples from 0 to 1, each number the probability of "
                 "white",
  .of_logits = TRUE,
  .loss = loss,
};
