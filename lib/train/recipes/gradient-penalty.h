/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Penalties on the gradient of a net that scores, on its samples. They are exact: each asks for a
 * gradient of the gradient. All are scalars. */
#pragma once

#include <generative/step.h>

/* Half the mean square of the gradient on `samples` (Mescheder et al., "Which training methods for
 * GANs do actually converge?", 2018). */
GenTensor *gen_gradient_penalty_zero (GenStep *step, guint net, GenTensor *samples, GError **error);
/* The mean square of what its norm is away from 1, at random places between `real` and `fake`
 * samples (Gulrajani et al., "Improved training of Wasserstein GANs", 2017); update `number` of the
 * step. */
GenTensor *gen_gradient_penalty_one (
    GenStep *step, guint net, GenTensor *real, GenTensor *fake, guint number, GError **error);
