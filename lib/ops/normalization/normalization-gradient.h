/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gradients of normalisations have in common: (x, scale, dy[, mean, variance]) to the
 * gradients of x, scale and bias. */
#pragma once

#include <generative/operator.h>

typedef struct {
  GenShape view; /* x as it is normalised */
  gint64 axes[GEN_MAX_RANK];
  int n_axes; /* of the view, over which there is one mean and variance */
  gboolean centred;
  GenShape scale; /* in which scale, bias and given statistics meet x */
} GenNormalizationView;

/* gradient() of such a node, which flows through the normalisation written out. */
gboolean gen_normalization_gradient_gradient (
    GenGradient *gradient, const GenNormalizationView *view, GError **error);
/* Channels, the second extent of `x`, each with a scale of its own. */
GenShape gen_normalization_channels (const GenShape *x);
