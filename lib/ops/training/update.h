/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the optimisers' operators share. Each takes
 *
 *   weights, gradient, rate, step, state…, factor     and gives     weights, state…
 *
 * where `rate` (float32) is the learning rate and `step` (int64) the number of updates made
 * before; weights, gradient and states have one shape. The gradient is multiplied by `factor`
 * (float32, may be left out) first; where that is 0, nothing changes. Everything is element by
 * element, so that the plan writes the results over the old weights and states. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

enum {
  GEN_UPDATE_WEIGHTS,
  GEN_UPDATE_GRADIENT,
  GEN_UPDATE_RATE,
  GEN_UPDATE_STEP,
  GEN_UPDATE_STATE, /* the first one */
};

gboolean gen_update_infer (GenNode *node, GError **error);
/* Whether a tensor can be a factor: it is one float32. */
gboolean gen_update_is_factor (const GenTensor *tensor);
/* The number of the input that is the factor; 0 where it is left out. */
GEN_PRIVATE_API guint gen_update_factor (const GenNode *node);
/* The factor of a run, which is 1 where it is left out. Where it is 0, the elements from `at` to
 * `end` have got their old values as new ones, and nothing is left to do. */
float gen_update_begin (const GenKernel *kernel, gsize at, gsize end);
/* One step, cut in parts, that calls `run`; `cost` nanoseconds an element. */
gboolean gen_update_cpu (GenKernel *kernel, GenStepFunc run, double cost, GError **error);
/* The elements that part `part` updates. */
void gen_update_share (const GenKernel *kernel, int part, int parts, gsize *first, gsize *end);

/* The operator of an optimiser with so many states, whose run() the file has. */
#define GEN_UPDATE_OPERATOR(id, name_, summary_, states, cost)                                     \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_update_cpu (kernel, run, cost, error);                                              \
  }                                                                                                \
                                                                                                   \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .domain = "generative",                                                                        \
    .summary = summary_,                                                                           \
    .min_inputs = GEN_UPDATE_STATE + (states),                                                     \
    .max_inputs = GEN_UPDATE_STATE + (states) + 1,                                                 \
    .min_outputs = 1 + (states),                                                                   \
    .max_outputs = 1 + (states),                                                                   \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .elementwise = TRUE,                                                                           \
    .infer = gen_update_infer,                                                                     \
    .cpu = cpu,                                                                                    \
    .gradient_is_zero = TRUE,                                                                      \
  };
