/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AugMix (Hendrycks et al. 2020): the picture is mixed with the mean of what a few chains of one to
 * three operations make of it. The share of each chain in that mean is of Dirichlet's distribution,
 * that of the mean in the result of the Beta distribution. The operations are those of AutoAugment
 * that are no corruption that the authors test with, each at a level up to the severity. Levels are
 * as in the authors' program, but that angles and distances are not cut to whole numbers. */
#include <math.h>

#include "../mix/mix-private.h"
#include "../picture/picture.h"
#include "policy-private.h"

/* The least level, of 1. */
#define LEAST 0.01
#define MOST 30
#define LONGEST 3 /* chains whose length is drawn */

/* Where in the draw's numbers each kind is. */
#define OF_CHAIN 64
#define OF_SHARES (1 << 20)
#define OF_MIXTURE (1 << 21)

enum { CHAINS, LENGTH, MAGNITUDE, CONCENTRATION };

static const GenOperation operations[] = {
  GEN_OPERATION_AUTO_CONTRAST,
  GEN_OPERATION_EQUALISE,
  GEN_OPERATION_POSTERISE,
  GEN_OPERATION_ROTATE,
  GEN_OPERATION_SOLARISE,
  GEN_OPERATION_SHEAR_X,
  GEN_OPERATION_SHEAR_Y,
  GEN_OPERATION_TRANSLATE_X,
  GEN_OPERATION_TRANSLATE_Y,
};

/* The level of 1 as a share of what the operation does at most in RandAugment. */
static double
share_of (GenOperation operation, double level)
{
  switch (operation) {
  case GEN_OPERATION_POSTERISE: /* to four bits and fewer, of which there it is four at least */
    return 1 + floor (4 * level) / 4;
  case GEN_OPERATION_SOLARISE: /* from 256 downwards, and there from 255 */
    return (floor (256 * level) - 1) / 255;
  case GEN_OPERATION_TRANSLATE_X: /* by a third of the picture */
  case GEN_OPERATION_TRANSLATE_Y:
    return level / 3 / (150 / 331.0);
  default:
    return level;
  }
}

static void
draw_operation (
    GenAugmentPictureDraw *draw, const GenRandom *random, guint64 first, double severity)
{
  const double least = MIN (LEAST, severity);
  GenOperation operation;
  float numbers[3];

  gen_random_uniform (random, draw->number, first, numbers, 3);
  operation = operations[(int)(numbers[0] * G_N_ELEMENTS (operations))];
  gen_augment_operation_apply (draw, operation, GEN_OPERATIONS_NARROW,
      share_of (operation, least + (severity - least) * (double)numbers[2]), numbers[1] < 0.5f);
}

static int
longest (const double *parameters)
{
  return parameters[LENGTH] >= 1 ? (int)parameters[LENGTH] : LONGEST;
}

static int
count (const double *parameters)
{
  return 1 + (int)parameters[CHAINS] * longest (parameters);
}

static void
augmix (GenAugmentPictureDraw *draw, const GenRandom *random, const double *parameters)
{
  const int n = (int)parameters[CHAINS];
  double weights[GEN_AUGMENT_CHAINS + 1];
  double share;

  share = gen_augment_draw_share (random, draw->number, OF_MIXTURE, parameters[CONCENTRATION]);
  gen_augment_draw_shares (
      random, draw->number, OF_SHARES, parameters[CONCENTRATION], weights + 1, n);
  weights[0] = 1 - share;
  for (int i = 1; i <= n; i++)
    weights[i] *= share;
  gen_augment_mixture_begin (draw, weights, n);
  for (int chain = 0; chain < n; chain++) {
    const guint64 first = (guint64)chain * OF_CHAIN;
    int length = longest (parameters);
    float number;

    gen_random_uniform (random, draw->number, first, &number, 1);
    if (parameters[LENGTH] < 1)
      length = 1 + (int)(number * LONGEST);
    for (int i = 1; i <= length; i++)
      draw_operation (draw, random, first + 4 * (guint64)i, parameters[MAGNITUDE] / MOST);
    gen_augment_mixture_end_chain (draw, chain);
  }
}

const GenAugmentProgram gen_augment_program_augmix = {
  .name = "augmix",
  .description = "the mean of the frame and of what three chains of operations make of it",
  .parameters = { [CHAINS] = { "chains", "How many", 1, GEN_AUGMENT_CHAINS, 3 },
      [LENGTH] = { "length", "Operations of a chain (0: 1 to 3, drawn)", 0, 8, 0 },
      [MAGNITUDE] = { "magnitude", "The most of each operation's level, of 30", 0, 30, 9 },
      [CONCENTRATION] = { "concentration", "Of both distributions", 0.01, 100, 1 } },
  .count = count,
  .draw = augmix,
};
