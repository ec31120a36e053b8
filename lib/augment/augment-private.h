/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all media's draws have in common. */
#pragma once

#include <generative/augment.h>

/* A uniform number turned to [-1, 1]. */
static inline double
gen_augment_signed (float uniform)
{
  return 2.0 * uniform - 1.0;
}

/* Whether augmentation `index` of the settings' medium is applied to example `number`, and then its
 * amount and what it draws. */
gboolean gen_augment_takes (const GenAugmentSettings *settings, int index, guint64 number,
    double *amount, float uniform[3]);
