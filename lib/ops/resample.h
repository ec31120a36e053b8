/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling of pictures, forwards and backwards: Resize, Upsample and their gradient. */
#pragma once

#include <generative/operator.h>

#define GEN_RESAMPLE_AXES 3
#define GEN_RESAMPLE_TAPS 4

/* `large` extents of what is resampled, `scales` as given or as the extents say; one value for
 * each dimension. */
gboolean gen_resample_scales (const GenNode *node, const GenTensor *scales, const GenTensor *sizes,
    const GenShape *in, GenShape *out, double *factors, GError **error);

/* y[o] = sum of weights times x, where node->inputs[0] is x; or, `backwards`, its transpose from
 * dy to dx. `in` and `out` are the shapes of x and y. */
gboolean gen_resample_cpu (GenKernel *kernel, const GenShape *in, const GenShape *out,
    const double *factors, gboolean backwards, GError **error);
