/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a discriminator sees of samples while it learns: with noise on them, or augmented, so that
 * it neither tells all too easily nor knows real ones by heart. */
#pragma once

#include <generative/step.h>

typedef struct {
  GenTensor *share;       /* of `instance-noise` in this step; NULL: there is none */
  GenTensor *probability; /* of each augmentation, a state or constant; NULL: there are none */
} GenView;

/* As settings say; nothing of it where the step does not train. */
gboolean gen_view_init (GenView *view, GenStep *step, GError **error);
/* `x` as it is seen, with other draws each time. */
GenTensor *gen_view_see (const GenView *view, GenStep *step, GenTensor *x, GError **error);
/* Karras et al., "Training generative adversarial networks with limited data", 2020: augmentations
 * become likelier while the mean sign of the `scores` of real samples is above what settings say,
 * and rarer below. That probability is reported. */
gboolean gen_view_adapt (const GenView *view, GenStep *step, GenTensor *scores, GError **error);
