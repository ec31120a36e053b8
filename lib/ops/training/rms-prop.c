/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RMSProp: the gradient over the root of its running mean square (Hinton's lecture 6e). */
#include <math.h>

#include "update.h"
#include "../../simd.h"

GEN_CLONES (void, update,
    (float factor, float rate, float keep, float epsilon, float decay, const float *weights,
        const float *gradient, const float *square, float *new_weights, float *new_square, gsize n),
    (factor, rate, keep, epsilon, decay, weights, gradient, square, new_weights, new_square, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float w = weights[i], g = gradient[i] * factor + decay * w;
    const float s = keep * square[i] + (1 - keep) * g * g;

    new_weights[i] = w - rate * g / (sqrtf (s) + epsilon);
    new_square[i] = s;
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const float *const *in = (const float *const *)kernel->inputs;
  float *const *out = (float *const *)kernel->outputs;
  gsize at, end;
  float factor;

  gen_update_share (kernel, part, parts, &at, &end);
  factor = gen_update_begin (kernel, at, end);
  if (factor == 0)
    return;
  update (factor, in[GEN_UPDATE_RATE][0], gen_node_float (node, "alpha", 0.99f),
      gen_node_float (node, "epsilon", 1e-8f), gen_node_float (node, "weight_decay", 0),
      in[GEN_UPDATE_WEIGHTS] + at, in[GEN_UPDATE_GRADIENT] + at, in[GEN_UPDATE_STATE] + at,
      out[0] + at, out[1] + at, end - at);
}

GEN_UPDATE_OPERATOR (
    rms_prop, "RMSProp", "RMSProp: new weights and mean square from a gradient", 1, 1.2)
