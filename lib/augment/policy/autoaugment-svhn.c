/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AutoAugment (Cubuk et al. 2019), as it was found for SVHN. */
#include "autoaugment.h"

static const GenSubPolicy sub_policies[GEN_SUB_POLICIES] = {
  { { GEN_OPERATION_SHEAR_X, 0.9, 4 }, { GEN_OPERATION_INVERT, 0.2, 0 } },
  { { GEN_OPERATION_SHEAR_Y, 0.9, 8 }, { GEN_OPERATION_INVERT, 0.7, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.6, 0 }, { GEN_OPERATION_SOLARISE, 0.6, 6 } },
  { { GEN_OPERATION_INVERT, 0.9, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.6, 0 }, { GEN_OPERATION_ROTATE, 0.9, 3 } },
  { { GEN_OPERATION_SHEAR_X, 0.9, 4 }, { GEN_OPERATION_AUTO_CONTRAST, 0.8, 0 } },
  { { GEN_OPERATION_SHEAR_Y, 0.9, 8 }, { GEN_OPERATION_INVERT, 0.4, 0 } },
  { { GEN_OPERATION_SHEAR_Y, 0.9, 5 }, { GEN_OPERATION_SOLARISE, 0.2, 6 } },
  { { GEN_OPERATION_INVERT, 0.9, 0 }, { GEN_OPERATION_AUTO_CONTRAST, 0.8, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.6, 0 }, { GEN_OPERATION_ROTATE, 0.9, 3 } },
  { { GEN_OPERATION_SHEAR_X, 0.9, 4 }, { GEN_OPERATION_SOLARISE, 0.3, 3 } },
  { { GEN_OPERATION_SHEAR_Y, 0.8, 8 }, { GEN_OPERATION_INVERT, 0.7, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.9, 0 }, { GEN_OPERATION_TRANSLATE_Y, 0.6, 6 } },
  { { GEN_OPERATION_INVERT, 0.9, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_CONTRAST, 0.3, 3 }, { GEN_OPERATION_ROTATE, 0.8, 4 } },
  { { GEN_OPERATION_INVERT, 0.8, 0 }, { GEN_OPERATION_TRANSLATE_Y, 0, 2 } },
  { { GEN_OPERATION_SHEAR_Y, 0.7, 6 }, { GEN_OPERATION_SOLARISE, 0.4, 8 } },
  { { GEN_OPERATION_INVERT, 0.6, 0 }, { GEN_OPERATION_ROTATE, 0.8, 4 } },
  { { GEN_OPERATION_SHEAR_Y, 0.3, 7 }, { GEN_OPERATION_TRANSLATE_X, 0.9, 3 } },
  { { GEN_OPERATION_SHEAR_X, 0.1, 6 }, { GEN_OPERATION_INVERT, 0.6, 0 } },
  { { GEN_OPERATION_SOLARISE, 0.7, 2 }, { GEN_OPERATION_TRANSLATE_Y, 0.6, 7 } },
  { { GEN_OPERATION_SHEAR_Y, 0.8, 4 }, { GEN_OPERATION_INVERT, 0.8, 0 } },
  { { GEN_OPERATION_SHEAR_X, 0.7, 9 }, { GEN_OPERATION_TRANSLATE_Y, 0.8, 3 } },
  { { GEN_OPERATION_SHEAR_Y, 0.8, 5 }, { GEN_OPERATION_AUTO_CONTRAST, 0.7, 0 } },
  { { GEN_OPERATION_SHEAR_X, 0.7, 2 }, { GEN_OPERATION_INVERT, 0.1, 0 } },
};

static void
draw (GenAugmentPictureDraw *picture, const GenRandom *random, const double *parameters)
{
  gen_autoaugment_draw (picture, random, sub_policies);
}

const GenAugmentProgram gen_augment_program_autoaugment_svhn = {
  .name = "autoaugment-svhn",
  .description = "one of 25 pairs of operations that were found for SVHN",
  .count = gen_autoaugment_count,
  .draw = draw,
};
