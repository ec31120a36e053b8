/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the optimisers' operators share. Each takes
 *
 *   weights, gradient, rate, step, state…     and gives     weights, state…
 *
 * where `rate` (float32) is the learning rate and `step` (int64) the number of updates made
 * before; weights, gradient and states have one shape. Everything is element by element, so
 * that the plan writes the results over the old weights and states. */
#pragma once

#include <generative/operator.h>

enum {
  GEN_UPDATE_WEIGHTS,
  GEN_UPDATE_GRADIENT,
  GEN_UPDATE_RATE,
  GEN_UPDATE_STEP,
  GEN_UPDATE_STATE, /* the first one */
};

gboolean gen_update_infer (GenNode *node, GError **error);
/* One step, cut in parts, that calls `run`; `cost` nanoseconds an element. */
gboolean gen_update_cpu (GenKernel *kernel, GenStepFunc run, double cost, GError **error);
/* The elements that part `part` updates. */
void gen_update_share (const GenKernel *kernel, int part, int parts, gsize *first, gsize *end);
