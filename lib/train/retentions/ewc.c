/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", 2017: numbers on
 * which much of what was learned hangs are held, and others may go. What is measured is a square
 * form around the weights of before, and says little far from them; and of a net that is sure of
 * all samples, gradients are small, so that the weight has to be large. */
#include <generative/retention.h>

#include "apart.h"

const GenRetention gen_retention_ewc = {
  .name = "ewc",
  .description = "Weights are held by how important they were for what was learned before, "
                 "Kirkpatrick et al. 2017",
  .weight = 1000,
  .measured = TRUE,
  .weights = gen_retention_apart,
  .reads = (const char *const[]){ "retain-weight", NULL },
};
