/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lion: each weight moves by the rate, towards the sign of a mean of gradients (Chen et al.,
 * "Symbolic discovery of optimization algorithms", 2023, algorithm 2). Weight decay acts on the
 * weights. */
#include "update.h"
#include "../../simd.h"

GEN_CLONES (void, update,
    (float factor, float rate, float beta1, float beta2, float keep, const float *weights,
        const float *gradient, const float *mean, float *new_weights, float *new_mean, gsize n),
    (factor, rate, beta1, beta2, keep, weights, gradient, mean, new_weights, new_mean, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float g = gradient[i] * factor, m = mean[i];
    const float toward = m + (1 - beta1) * (g - m);

    new_weights[i] = keep * weights[i] - (toward > 0 ? rate : toward < 0 ? -rate : 0);
    new_mean[i] = m + (1 - beta2) * (g - m);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const float *const *in = (const float *const *)kernel->inputs;
  float *const *out = (float *const *)kernel->outputs;
  const float rate = in[GEN_UPDATE_RATE][0];
  gsize at, end;
  float factor;

  gen_update_share (kernel, part, parts, &at, &end);
  factor = gen_update_begin (kernel, at, end);
  if (factor == 0)
    return;
  update (factor, rate, gen_node_float (node, "beta1", 0.9f), gen_node_float (node, "beta2", 0.99f),
      1 - rate * gen_node_float (node, "weight_decay", 0), in[GEN_UPDATE_WEIGHTS] + at,
      in[GEN_UPDATE_GRADIENT] + at, in[GEN_UPDATE_STATE] + at, out[0] + at, out[1] + at, end - at);
}

GEN_UPDATE_OPERATOR (
    lion, "Lion", "Lion: new weights and mean from the sign of a mean of gradients", 1, 1.0)
