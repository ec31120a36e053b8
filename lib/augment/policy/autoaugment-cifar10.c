/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AutoAugment (Cubuk et al. 2019), as it was found for CIFAR-10. */
#include "autoaugment.h"

static const GenSubPolicy sub_policies[GEN_SUB_POLICIES] = {
  { { GEN_OPERATION_INVERT, 0.1, 0 }, { GEN_OPERATION_CONTRAST, 0.2, 6 } },
  { { GEN_OPERATION_ROTATE, 0.7, 2 }, { GEN_OPERATION_TRANSLATE_X, 0.3, 9 } },
  { { GEN_OPERATION_SHARPNESS, 0.8, 1 }, { GEN_OPERATION_SHARPNESS, 0.9, 3 } },
  { { GEN_OPERATION_SHEAR_Y, 0.5, 8 }, { GEN_OPERATION_TRANSLATE_Y, 0.7, 9 } },
  { { GEN_OPERATION_AUTO_CONTRAST, 0.5, 0 }, { GEN_OPERATION_EQUALISE, 0.9, 0 } },
  { { GEN_OPERATION_SHEAR_Y, 0.2, 7 }, { GEN_OPERATION_POSTERISE, 0.3, 7 } },
  { { GEN_OPERATION_COLOUR, 0.4, 3 }, { GEN_OPERATION_BRIGHTNESS, 0.6, 7 } },
  { { GEN_OPERATION_SHARPNESS, 0.3, 9 }, { GEN_OPERATION_BRIGHTNESS, 0.7, 9 } },
  { { GEN_OPERATION_EQUALISE, 0.6, 0 }, { GEN_OPERATION_EQUALISE, 0.5, 0 } },
  { { GEN_OPERATION_CONTRAST, 0.6, 7 }, { GEN_OPERATION_SHARPNESS, 0.6, 5 } },
  { { GEN_OPERATION_COLOUR, 0.7, 7 }, { GEN_OPERATION_TRANSLATE_X, 0.5, 8 } },
  { { GEN_OPERATION_EQUALISE, 0.3, 0 }, { GEN_OPERATION_AUTO_CONTRAST, 0.4, 0 } },
  { { GEN_OPERATION_TRANSLATE_Y, 0.4, 3 }, { GEN_OPERATION_SHARPNESS, 0.2, 6 } },
  { { GEN_OPERATION_BRIGHTNESS, 0.9, 6 }, { GEN_OPERATION_COLOUR, 0.2, 8 } },
  { { GEN_OPERATION_SOLARISE, 0.5, 2 }, { GEN_OPERATION_INVERT, 0, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.2, 0 }, { GEN_OPERATION_AUTO_CONTRAST, 0.6, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.2, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_COLOUR, 0.9, 9 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_AUTO_CONTRAST, 0.8, 0 }, { GEN_OPERATION_SOLARISE, 0.2, 8 } },
  { { GEN_OPERATION_BRIGHTNESS, 0.1, 3 }, { GEN_OPERATION_COLOUR, 0.7, 0 } },
  { { GEN_OPERATION_SOLARISE, 0.4, 5 }, { GEN_OPERATION_AUTO_CONTRAST, 0.9, 0 } },
  { { GEN_OPERATION_TRANSLATE_Y, 0.9, 9 }, { GEN_OPERATION_TRANSLATE_Y, 0.7, 9 } },
  { { GEN_OPERATION_AUTO_CONTRAST, 0.9, 0 }, { GEN_OPERATION_SOLARISE, 0.8, 3 } },
  { { GEN_OPERATION_EQUALISE, 0.8, 0 }, { GEN_OPERATION_INVERT, 0.1, 0 } },
  { { GEN_OPERATION_TRANSLATE_Y, 0.7, 9 }, { GEN_OPERATION_AUTO_CONTRAST, 0.9, 0 } },
};

static void
draw (GenAugmentPictureDraw *picture, const GenRandom *random, const double *parameters)
{
  gen_autoaugment_draw (picture, random, sub_policies);
}

const GenAugmentProgram gen_augment_program_autoaugment_cifar10 = {
  .name = "autoaugment-cifar10",
  .description = "one of 25 pairs of operations that were found for CIFAR-10",
  .count = gen_autoaugment_count,
  .draw = draw,
};
