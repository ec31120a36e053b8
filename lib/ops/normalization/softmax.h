/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax and its logarithm. Up to opset 12 they are over all dimensions from `axis` on (by
 * default 1) as one; from 13 on over the dimension `axis` (by default the last). */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* The operand as it is normalised: along `n`. */
typedef struct {
  gint64 outer, n, inner;
} GenSoftmaxExtents;

GEN_PRIVATE_API gboolean gen_softmax_extents (
    const GenNode *node, GenSoftmaxExtents *extents, GError **error);
gboolean gen_softmax_infer (GenNode *node, GError **error);
/* lower() of what is of double, in nodes; all else stays as it is. */
gboolean gen_softmax_lower (GenNode *node, gboolean logarithm, GenTensor **results, GError **error);
GenDataType gen_softmax_computes_in (const GenNode *node, GenDataType type);
gboolean gen_softmax_cpu (GenKernel *kernel, gboolean logarithm, GError **error);
/* For gradients: the sum of `tensor` over what the node normalises, kept as extents of 1. */
GenTensor *gen_softmax_sum (GenGradient *gradient, GenTensor *tensor, GError **error);
