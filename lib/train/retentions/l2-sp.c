/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Li et al., "Explicit inductive bias for transfer learning with convolutional networks", 2018:
 * weight decay towards what weights were, and not towards 0. It wants nothing measured, and knows
 * nothing of which weights matter. What is new in a net, the rows of classes that it did not know,
 * is free. */
#include <generative/retention.h>

#include "apart.h"

const GenRetention gen_retention_l2_sp = {
  .name = "l2-sp",
  .description = "All weights are held near what they were before, Li et al. 2018",
  .weight = 0.1,
  .weights = gen_retention_apart,
  .reads = (const char *const[]){ "retain-weight", NULL },
};
