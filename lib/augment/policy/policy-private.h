/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment-policy.h>

/* Take what the policy does to the frame into its draw. */
void gen_augment_policy_draw (const GenAugmentPolicy *policy, GenAugmentPictureDraw *draw);

extern const GenAugmentProgram gen_augment_program_randaugment;
extern const GenAugmentProgram gen_augment_program_trivialaugment;

/* --- the operations that both have in common (operations.c) --- */

typedef enum {
  GEN_OPERATIONS_NARROW, /* RandAugment's */
  GEN_OPERATIONS_WIDE,   /* TrivialAugment's */
} GenOperationsRange;

/* One of them, by four numbers of `random` that begin with number `4 * slot`: which, and in which
 * direction. `magnitude` is of 30; below 0 it is drawn, too. */
void gen_augment_operation_draw (GenAugmentPictureDraw *draw, const GenRandom *random, int slot,
    GenOperationsRange range, double magnitude);
