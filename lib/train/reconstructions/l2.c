/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "means.h"

static GenTensor *
loss (GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", made, wanted, error);

  return gen_reconstruction_mean (graph, gen_binary (graph, "Mul", apart, apart, error), error);
}

const GenReconstruction gen_reconstruction_l2 = {
  .name = "l2",
  .description = "Square of the difference, which takes the mean of what might be: blur",
  .loss = loss,
};
