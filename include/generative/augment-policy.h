/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>

G_BEGIN_DECLS

/**
 * A policy is a row of steps for pictures, each with its own amount and probability, in any order
 * and as often as one likes. It is read from a file of JSON:
 *
 *     { "steps": [
 *         { "transform": "rotate", "amount": 20, "probability": 0.5 },
 *         { "transform": "cutout", "amount": 0.3, "holes": 3 },
 *         { "one-of": [ { "transform": "blur", "amount": 3 },
 *                       { "transform": "sharpen", "amount": 2 } ], "probability": 0.4 },
 *         { "program": "randaugment", "operations": 2, "magnitude": 9 } ] }
 *
 * A transform is one of gen_augmentation_list, with its parameters by their names; its amount may
 * be the name of a choice. `probability` is 1 where it is not said. Of `one-of` one is taken, all
 * as likely. A program is one of gen_augment_program_list, with its parameters by their names.
 *
 * Each step draws from its transform's stream by its place in the file: changing the amount of one
 * leaves the others as they are.
 */

#define GEN_AUGMENT_PROGRAM_PARAMETERS 4

/* A policy of a paper. */
typedef struct {
  const char *name;
  const char *description; /* a sentence */
  /* Those that have a name. */
  GenAugmentParameter parameters[GEN_AUGMENT_PROGRAM_PARAMETERS];
  /* How many transforms may come together, those of chains being counted; NULL: one. */
  int (*count) (const double *parameters);
  /* Take operations into the draw, by numbers of `random`. */
  void (*draw) (GenAugmentPictureDraw *draw, const GenRandom *random, const double *parameters);
} GenAugmentProgram;

/* The programs there are, NULL-terminated. */
GEN_API const GenAugmentProgram *const *gen_augment_program_list (void);

#define GEN_AUGMENT_POLICY_ERROR (gen_augment_policy_error_quark ())
GEN_API GQuark gen_augment_policy_error_quark (void);
typedef enum {
  GEN_AUGMENT_POLICY_ERROR_INVALID, /* not a file of steps */
} GenAugmentPolicyError;

/* At most so many transforms of a policy may come together. */
#define GEN_AUGMENT_POLICY_MAX GEN_AUGMENT_CHAINED

/* The program of that name as it is in its paper, or else the file of that name. */
GEN_API GenAugmentPolicy *gen_augment_policy_load (const char *name, GError **error);
GEN_API GenAugmentPolicy *gen_augment_policy_ref (GenAugmentPolicy *policy);
GEN_API void gen_augment_policy_unref (GenAugmentPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAugmentPolicy, gen_augment_policy_unref)

G_END_DECLS
