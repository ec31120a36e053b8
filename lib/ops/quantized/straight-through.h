/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients through steps: what rounding does to a number is taken for nothing (Bengio et al.,
 * "Estimating or propagating gradients through stochastic neurons for conditional computation",
 * 2013), and of a number that is cut off none flows. So weights of floats behind which
 * QuantizeLinear and DequantizeLinear stand can be trained to be good as integers. Scales and zero
 * points are constants. */
#pragma once

#include <generative/operator.h>

/* dy / scale, where the operand is within what its type holds. */
gboolean gen_quantize_gradient (GenGradient *gradient, GError **error);
/* dy scale */
gboolean gen_dequantize_gradient (GenGradient *gradient, GError **error);
