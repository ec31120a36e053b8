/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AutoAugment (Cubuk et al. 2019), as it was found for ImageNet. */
#include "autoaugment.h"

static const GenSubPolicy sub_policies[GEN_SUB_POLICIES] = {
  { { GEN_OPERATION_POSTERISE, 0.4, 8 }, { GEN_OPERATION_ROTATE, 0.6, 9 } },
  { { GEN_OPERATION_SOLARISE, 0.6, 5 }, { GEN_OPERATION_AUTO_CONTRAST, 0.6, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.8, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_POSTERISE, 0.6, 7 }, { GEN_OPERATION_POSTERISE, 0.6, 6 } },
  { { GEN_OPERATION_EQUALISE, 0.4, 0 }, { GEN_OPERATION_SOLARISE, 0.2, 4 } },
  { { GEN_OPERATION_EQUALISE, 0.4, 0 }, { GEN_OPERATION_ROTATE, 0.8, 8 } },
  { { GEN_OPERATION_SOLARISE, 0.6, 3 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_POSTERISE, 0.8, 5 }, { GEN_OPERATION_EQUALISE, 1, 0 } },
  { { GEN_OPERATION_ROTATE, 0.2, 3 }, { GEN_OPERATION_SOLARISE, 0.6, 8 } },
  { { GEN_OPERATION_EQUALISE, 0.6, 0 }, { GEN_OPERATION_POSTERISE, 0.4, 6 } },
  { { GEN_OPERATION_ROTATE, 0.8, 8 }, { GEN_OPERATION_COLOUR, 0.4, 0 } },
  { { GEN_OPERATION_ROTATE, 0.4, 9 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_EQUALISE, 0, 0 }, { GEN_OPERATION_EQUALISE, 0.8, 0 } },
  { { GEN_OPERATION_INVERT, 0.6, 0 }, { GEN_OPERATION_EQUALISE, 1, 0 } },
  { { GEN_OPERATION_COLOUR, 0.6, 4 }, { GEN_OPERATION_CONTRAST, 1, 8 } },
  { { GEN_OPERATION_ROTATE, 0.8, 8 }, { GEN_OPERATION_COLOUR, 1, 2 } },
  { { GEN_OPERATION_COLOUR, 0.8, 8 }, { GEN_OPERATION_SOLARISE, 0.8, 7 } },
  { { GEN_OPERATION_SHARPNESS, 0.4, 7 }, { GEN_OPERATION_INVERT, 0.6, 0 } },
  { { GEN_OPERATION_SHEAR_X, 0.6, 5 }, { GEN_OPERATION_EQUALISE, 1, 0 } },
  { { GEN_OPERATION_COLOUR, 0.4, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
  { { GEN_OPERATION_EQUALISE, 0.4, 0 }, { GEN_OPERATION_SOLARISE, 0.2, 4 } },
  { { GEN_OPERATION_SOLARISE, 0.6, 5 }, { GEN_OPERATION_AUTO_CONTRAST, 0.6, 0 } },
  { { GEN_OPERATION_INVERT, 0.6, 0 }, { GEN_OPERATION_EQUALISE, 1, 0 } },
  { { GEN_OPERATION_COLOUR, 0.6, 4 }, { GEN_OPERATION_CONTRAST, 1, 8 } },
  { { GEN_OPERATION_EQUALISE, 0.8, 0 }, { GEN_OPERATION_EQUALISE, 0.6, 0 } },
};

static void
draw (GenAugmentPictureDraw *picture, const GenRandom *random, const double *parameters)
{
  gen_autoaugment_draw (picture, random, sub_policies);
}

const GenAugmentProgram gen_augment_program_autoaugment = {
  .name = "autoaugment",
  .description = "one of 25 pairs of operations that were found for ImageNet",
  .count = gen_autoaugment_count,
  .draw = draw,
};
