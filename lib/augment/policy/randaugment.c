/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RandAugment (Cubuk et al. 2020): so many of fourteen operations, each as likely, at one
 * magnitude.
 */
#include "policy-private.h"

static void
randaugment (GenAugmentPictureDraw *draw, const GenRandom *random, int operations, double magnitude)
{
  for (int i = 0; i < operations; i++)
    gen_augment_operation_draw (draw, random, i, GEN_OPERATIONS_NARROW, magnitude);
}

const GenAugmentProgram gen_augment_program_randaugment = {
  .name = "randaugment",
  .description = "two of fourteen operations, all at one magnitude",
  .has_magnitude = TRUE,
  .operations = 2,
  .magnitude = 9,
  .draw = randaugment,
};
