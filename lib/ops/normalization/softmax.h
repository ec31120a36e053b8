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

/* The operator of one of them, whose gradient() the file has. */
#define GEN_SOFTMAX_OPERATOR(id, name_, summary_, logarithm)                                       \
  static gboolean lower (GenNode *node, GenTensor **results, GError **error)                       \
  {                                                                                                \
    return gen_softmax_lower (node, logarithm, results, error);                                    \
  }                                                                                                \
                                                                                                   \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_softmax_cpu (kernel, logarithm, error);                                             \
  }                                                                                                \
                                                                                                   \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = summary_,                                                                           \
    .since = 1,                                                                                    \
    .min_inputs = 1,                                                                               \
    .max_inputs = 1,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .widens = 0x1,                                                                                 \
    .computes_in = gen_softmax_computes_in,                                                        \
    .lower = lower,                                                                                \
    .infer = gen_softmax_infer,                                                                    \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
  };
