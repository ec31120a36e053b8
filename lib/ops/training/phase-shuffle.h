/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PhaseShuffle, its gradient and their device halves share. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* infer() of both: input 0 is [N, channels, length] and input 1 [draws], which N is a multiple of.
 */
GEN_PRIVATE_API gboolean gen_phase_shuffle_infer (GenNode *node, GError **error);
/* What one of them does to a row of `length` numbers whose item is shifted by `shift`, -n … n. */
typedef void (*GenShiftRow) (const float *from, gint64 length, gint64 shift, float *to);

/* cpu() of both: each row by `shift_row`. */
gboolean gen_phase_shuffle_cpu (GenKernel *kernel, GenShiftRow shift_row, GError **error);
/* gradient() of both: the other one, `name`, with the same draws. */
gboolean gen_phase_shuffle_gradient (GenGradient *gradient, const char *name, GError **error);

/* The operator of one of them, whose shift_row() the file has and whose gradient is `other`. */
#define GEN_PHASE_SHUFFLE_OPERATOR(id, name_, summary_, other)                                     \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_phase_shuffle_cpu (kernel, shift_row, error);                                       \
  }                                                                                                \
                                                                                                   \
  static gboolean gradient (GenGradient *g, GError **error)                                        \
  {                                                                                                \
    return gen_phase_shuffle_gradient (g, other, error);                                           \
  }                                                                                                \
                                                                                                   \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .domain = "generative",                                                                        \
    .summary = summary_,                                                                           \
    .min_inputs = 2,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .infer = gen_phase_shuffle_infer,                                                              \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
  };
