/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators of the domain com.microsoft: what ONNX Runtime writes into models that it has optimised
 * or quantised. All are made of others. */
#pragma once

#include <string.h>

#include "build.h"

/* The activation that a fused node names, with its `n` parameters; `x` itself for "". */
GenTensor *gen_microsoft_activation (
    GenNode *node, GenTensor *x, const char *name, const float *parameters, int n, GError **error);

/* Further fields may follow. */
#define GEN_MICROSOFT_OPERATOR(id, name_, min_, max_, outputs_, summary_, lower_, ...)             \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .domain = "com.microsoft",                                                                     \
    .summary = summary_,                                                                           \
    .min_inputs = min_,                                                                            \
    .max_inputs = max_,                                                                            \
    .min_outputs = 1,                                                                              \
    .max_outputs = outputs_,                                                                       \
    .lower = lower_,                                                                               \
    __VA_ARGS__ };
