/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "means.h"

static GenTensor *
loss (GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", made, wanted, error);

  return gen_reconstruction_mean (graph, gen_unary (graph, "Abs", apart, error), error);
}

const GenReconstruction gen_reconstruction_l1 = {
  .name = "l1",
  .description = "Magnitude of the difference, which blurs less than l2",
  .loss = loss,
};
