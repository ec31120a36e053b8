/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-private.h"

#define GEN_SUB_POLICIES 25

/* Two operations in a row, each done so likely, at a magnitude from 0 to 9. */
typedef struct {
  GenOperation operation;
  double probability;
  int magnitude;
} GenSubPolicy[2];

/* The two. */
int gen_autoaugment_count (const double *parameters);
/* One of them, all as likely. */
void gen_autoaugment_draw (GenAugmentPictureDraw *draw, const GenRandom *random,
    const GenSubPolicy sub_policies[GEN_SUB_POLICIES]);
