/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the policies of AutoAugment have in common: the operations of RandAugment and its ranges,
 * and inversion. Magnitudes are of ten steps, of which the last is the most. */
#include "autoaugment.h"

#define LAST_STEP 9

int
gen_autoaugment_count (const double *parameters)
{
  return 2;
}

void
gen_autoaugment_draw (GenAugmentPictureDraw *draw, const GenRandom *random,
    const GenSubPolicy sub_policies[GEN_SUB_POLICIES])
{
  float numbers[5];
  int index;

  gen_random_uniform (random, draw->number, 0, numbers, 5);
  index = (int)(numbers[4] * GEN_SUB_POLICIES);
  for (int i = 0; i < 2; i++) {
    if (numbers[2 * i] < sub_policies[index][i].probability)
      gen_augment_operation_apply (draw, sub_policies[index][i].operation, GEN_OPERATIONS_NARROW,
          (double)sub_policies[index][i].magnitude / LAST_STEP, numbers[2 * i + 1] < 0.5f);
  }
}
