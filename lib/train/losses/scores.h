/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What losses are written with: sums over scores [batch, 1], each in the mean over the batch. */
#pragma once

#include <generative/loss.h>

/* The mean of `x` times `scale`. NULL of NULL. */
GenTensor *gen_loss_mean (GenGraph *graph, GenTensor *x, double scale, GError **error);
/* softplus (x) = log (1 + e^x) of `x` or, where `sign` is negative, of -x: for a score x,
 * log D = -softplus (-x) and log (1 - D) = -softplus (x). */
GenTensor *gen_loss_softplus (GenGraph *graph, GenTensor *x, double sign, GError **error);
/* Cross-entropy with the labels 1 - smoothing for real and 0 for fake. */
GenTensor *gen_loss_cross_entropy (
    GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error);
