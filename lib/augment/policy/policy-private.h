/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment-policy.h>

/* Take what the policy does to the frame into its draw. */
void gen_augment_policy_draw (const GenAugmentPolicy *policy, GenAugmentPictureDraw *draw);

extern const GenAugmentProgram gen_augment_program_autoaugment;
extern const GenAugmentProgram gen_augment_program_autoaugment_cifar10;
extern const GenAugmentProgram gen_augment_program_autoaugment_svhn;
extern const GenAugmentProgram gen_augment_program_randaugment;
extern const GenAugmentProgram gen_augment_program_trivialaugment;
extern const GenAugmentProgram gen_augment_program_augmix;

/* --- the operations that all have in common (operations.c) --- */

typedef enum {
  GEN_OPERATIONS_NARROW, /* AutoAugment's and RandAugment's */
  GEN_OPERATIONS_WIDE,   /* TrivialAugment's */
} GenOperationsRange;

typedef enum {
  GEN_OPERATION_NONE,
  GEN_OPERATION_SHEAR_X,
  GEN_OPERATION_SHEAR_Y,
  GEN_OPERATION_TRANSLATE_X,
  GEN_OPERATION_TRANSLATE_Y,
  GEN_OPERATION_ROTATE,
  GEN_OPERATION_BRIGHTNESS,
  GEN_OPERATION_COLOUR,
  GEN_OPERATION_CONTRAST,
  GEN_OPERATION_SHARPNESS,
  GEN_OPERATION_POSTERISE,
  GEN_OPERATION_SOLARISE,
  GEN_OPERATION_AUTO_CONTRAST,
  GEN_OPERATION_EQUALISE,
  GEN_OPERATION_INVERT, /* AutoAugment's alone */
} GenOperation;

/* `share` of the most, and the other way round where it has a sign and `negative` says so. */
void gen_augment_operation_apply (GenAugmentPictureDraw *draw, GenOperation operation,
    GenOperationsRange range, double share, gboolean negative);
/* One of them but inversion, by four numbers of `random` that begin with number `4 * slot`: which,
 * and in which direction. `magnitude` is of 30; below 0 it is drawn, too. */
void gen_augment_operation_draw (GenAugmentPictureDraw *draw, const GenRandom *random, int slot,
    GenOperationsRange range, double magnitude);
