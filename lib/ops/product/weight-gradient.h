/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which conv_weight_gradient.c computes. */
#pragma once

#include "../convolution/window.h"

/* A weight gradient's extents: x is [batch, large_channels, in…], dy [batch, small_channels, out…],
 * each axis as the window says, and weights are [small_channels, large_channels / groups,
 * kernel…]. */
typedef struct {
  GenWindow window;
  gint64 batch, groups;
  gint64 large_channels, small_channels, large_size, small_size; /* sizes: of one item */
  gint64 weights;                                                /* elements */
  GenLayout layout;
  int parts; /* that the work is worth */
} GenWeightGradient;

/* weight_gradient_product.c: by tiles of our own. Whether it can, and is the faster one. */
gboolean gen_weight_gradient_product_can (const GenWeightGradient *gradient);
gboolean gen_weight_gradient_product_suits (const GenWeightGradient *gradient);
void gen_weight_gradient_product_init (GenKernel *kernel, const GenWeightGradient *gradient);

/* weight-gradient-winograd.c: by fewer multiplications. Whether it can, and is the fastest. */
gboolean gen_weight_gradient_winograd_suits (const GenWeightGradient *gradient);
void gen_weight_gradient_winograd_init (GenKernel *kernel, const GenWeightGradient *gradient);

/* weight_gradient_library.c: by oneDNN. */
gboolean gen_weight_gradient_library_init (
    GenKernel *kernel, const GenWeightGradient *gradient, GError **error);
