/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RandAugment (Cubuk et al. 2020): so many of fourteen operations, each as likely, at one
 * magnitude.
 */
#include "policy-private.h"

enum { OPERATIONS, MAGNITUDE };

static int
count (const double *parameters)
{
  return (int)parameters[OPERATIONS];
}

static void
randaugment (GenAugmentPictureDraw *draw, const GenRandom *random, const double *parameters)
{
  for (int i = 0; i < count (parameters); i++)
    gen_augment_operation_draw (draw, random, i, GEN_OPERATIONS_NARROW, parameters[MAGNITUDE]);
}

const GenAugmentProgram gen_augment_program_randaugment = {
  .name = "randaugment",
  .description = "two of fourteen operations, all at one magnitude",
  .parameters = { [OPERATIONS] = { "operations", "How many", 1, GEN_AUGMENT_POLICY_MAX, 2 },
      [MAGNITUDE] = { "magnitude", "Of each, of 30", 0, 30, 9 } },
  .count = count,
  .draw = randaugment,
};
