/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings, forwards and backwards. */
#pragma once

#include "../../private-api.h"
#include "../convolution/window.h"

/* The window of a pooling node over `input`; without kernel_shape, one window over all. */
gboolean gen_pool_window (
    GenWindow *window, const GenNode *node, const GenShape *input, GError **error);

/* A picture as `outer` times its pixels times `inner` values: channels-last pictures have their
 * channels inside, plain ones outside. */
typedef struct {
  GenWindow window; /* three axes, those before the picture's own of extent 1 */
  gsize outer, inner, in_pixels, out_pixels;
  gint64 channels;
  gboolean channels_last, includes_padding, column_major;
  gsize room_at, room; /* bytes of scratch memory for each part, where they begin */
} GenPool;

/* Whether `b` takes the place of `a`, the largest so far. What is no number does, and stays,
 * wherever in its window it is. */
#define GEN_POOL_IS_LARGER(b, a) (((b) > (a)) | ((b) != (b)))

/* Of a pooling's node or its gradient's. */
GEN_PRIVATE_API gboolean gen_pool_init (GenPool *pool, const GenNode *node, GError **error);

gboolean gen_pool_infer (GenNode *node, GError **error);
gboolean gen_pool_cpu_max (GenKernel *kernel, GError **error);
gboolean gen_pool_cpu_average (GenKernel *kernel, GError **error);

/* Of the operators "MaxPoolGradient (x, dy)" and "AveragePoolGradient (x, dy)". */
gboolean gen_pool_gradient_infer (GenNode *node, GError **error);
gboolean gen_pool_gradient_cpu_max (GenKernel *kernel, GError **error);
gboolean gen_pool_gradient_cpu_average (GenKernel *kernel, GError **error);
gboolean gen_pool_gradient (GenGradient *gradient, const char *op, GError **error);
