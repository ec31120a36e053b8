/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../private-api.h"
#include "window.h"

/* cpu() of Conv and of ConvTranspose: inputs x, weights, bias (may be absent). */
gboolean gen_convolve_cpu (GenKernel *kernel, gboolean transposed, GError **error);

/* ways() of both. */
void gen_convolve_ways (const GenKernel *kernel, gboolean transposed, GPtrArray *ways);

/* The window of a Conv, ConvTranspose or ConvWeightGradient node whose weights have shape
 * `weights`; checks kernel_shape. */
GEN_PRIVATE_API gboolean gen_convolve_window (GenWindow *window, const GenNode *node,
    const GenShape *input, const GenShape *weights, gboolean transposed, GError **error);

/* Multiplications and additions. */
double gen_convolve_flops (const GenShape *small, const GenShape *weights);

/* The output_padding that a ConvTranspose needs to give back the input of a convolution: what
 * its last window did not reach. */
void gen_convolve_output_padding (const GenWindow *window, gint64 *extra);
/* gradient() of the bias, input 2. */
gboolean gen_convolve_bias_gradient (GenGradient *gradient, GError **error);
