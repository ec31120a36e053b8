/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy as it is in memory. */
#pragma once

#include "policy-private.h"

typedef enum {
  GEN_POLICY_TRANSFORM,
  GEN_POLICY_ONE_OF,
  GEN_POLICY_PROGRAM,
} GenPolicyKind;

typedef struct {
  GenPolicyKind kind;
  double probability;
  /* TRANSFORM */
  const GenAugmentation *augmentation;
  double amount, parameters[GEN_AUGMENT_PARAMETERS];
  /* ONE_OF: those of the policy's steps that are chosen of. */
  guint first_member, n_members;
  /* PROGRAM */
  const GenAugmentProgram *program;
  double settings[GEN_AUGMENT_PROGRAM_PARAMETERS];
  gboolean is_member; /* of a one-of that is behind it in the array */
} GenPolicyStep;

struct _GenAugmentPolicy {
  gatomicrefcount references;
  GArray *steps; /* of GenPolicyStep; members stand before the one-of that has them */
};

GenAugmentPolicy *gen_augment_policy_new (void);
/* policy-file.c */
GenAugmentPolicy *gen_augment_policy_load_file (const char *path, GError **error);
