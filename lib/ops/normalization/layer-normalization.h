/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows shifted and scaled by their own mean and variance, or scaled by their root mean square
 * alone: LayerNormalization, RMSNormalization and their kin. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* infer() and cpu() of (x, scale[, bias]) to y, and, where they are asked for, the mean (unless
 * `centred` is FALSE) and the inverse deviation of each row. */
gboolean gen_layer_normalization_infer (GenNode *node, gboolean centred, GError **error);
gboolean gen_layer_normalization_cpu (GenKernel *kernel, gboolean centred, GError **error);
/* gradient() of input, scale and bias; only the first output carries one. */
gboolean gen_layer_normalization_gradient (GenGradient *gradient, gboolean centred, GError **error);

/* Both for the operator and its gradient: x seen as rows of what is normalised together. */
typedef struct {
  gsize rows, n;
  float epsilon;
  gboolean centred;
} GenLayer;

GEN_PRIVATE_API gboolean gen_layer_find (
    const GenNode *node, gboolean centred, GenLayer *layer, GError **error);
/* Mean (0 when not centred) and inverse deviation of one row. */
void gen_layer_statistics (const GenLayer *layer, const float *x, float *mean, float *inverse);
