/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that combine any number of tensors, broadcast together, two by two. */
#pragma once

#include "arithmetic.h"

gboolean gen_variadic_infer (GenNode *node, GError **error);
/* `mean`: what comes out is divided by the number of tensors. */
gboolean gen_variadic_cpu (
    GenKernel *kernel, const GenBinaryRows *rows, gboolean mean, GError **error);

/* gradient(): each input gets dy times `factor`; each input gets dy where it is the result. */
gboolean gen_variadic_share (GenGradient *gradient, float factor, GError **error);
gboolean gen_variadic_choose (GenGradient *gradient, GError **error);

#define GEN_VARIADIC_OPERATOR(id, name_, summary_)                                                 \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = summary_,                                                                           \
    .since = 1,                                                                                    \
    .min_inputs = 1,                                                                               \
    .max_inputs = -1,                                                                              \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .infer = gen_variadic_infer,                                                                   \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
  };
