/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TrivialAugment (Müller and Hutter 2021), with its wide ranges: one of fourteen operations, at a
 * magnitude that is drawn as well. */
#include "policy-private.h"

static void
trivialaugment (GenAugmentPictureDraw *draw, const GenRandom *random, const double *parameters)
{
  gen_augment_operation_draw (draw, random, 0, GEN_OPERATIONS_WIDE, -1);
}

const GenAugmentProgram gen_augment_program_trivialaugment = {
  .name = "trivialaugment",
  .description = "one of fourteen operations, at a random magnitude of a wide range",
  .draw = trivialaugment,
};
