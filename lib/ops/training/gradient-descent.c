/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GradientDescent: stochastic gradient descent with momentum, velocity = momentum * velocity +
 * gradient and weights -= rate * velocity (Polyak's heavy ball, in the form that keeps the
 * learning rate out of the velocity). Momentum 0 is plain gradient descent. With `nesterov`,
 * weights
 * -= rate * (gradient + momentum * velocity). */
#include "update.h"
#include "../../simd.h"

GEN_CLONES (void, update,
    (float factor, float rate, float momentum, float decay, const float *weights,
        const float *gradient, const float *velocity, float *new_weights, float *new_velocity,
        gsize n),
    (factor, rate, momentum, decay, weights, gradient, velocity, new_weights, new_velocity, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float w = weights[i];
    const float v = momentum * velocity[i] + gradient[i] * factor + decay * w;

    new_weights[i] = w - rate * v;
    new_velocity[i] = v;
  }
}

/* The same, but weights move by what the velocity will be. */
GEN_CLONES (void, update_ahead,
    (float factor, float rate, float momentum, float decay, const float *weights,
        const float *gradient, const float *velocity, float *new_weights, float *new_velocity,
        gsize n),
    (factor, rate, momentum, decay, weights, gradient, velocity, new_weights, new_velocity, n))
{
#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float w = weights[i], g = gradient[i] * factor + decay * w;
    const float v = momentum * velocity[i] + g;

    new_weights[i] = w - rate * (g + momentum * v);
    new_velocity[i] = v;
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
  (gen_node_int (node, "nesterov", 0) != 0 ? update_ahead : update) (factor, in[GEN_UPDATE_RATE][0],
      gen_node_float (node, "momentum", 0), gen_node_float (node, "weight_decay", 0),
      in[GEN_UPDATE_WEIGHTS] + at, in[GEN_UPDATE_GRADIENT] + at, in[GEN_UPDATE_STATE] + at,
      out[0] + at, out[1] + at, end - at);
}

GEN_UPDATE_OPERATOR (gradient_descent, "GradientDescent",
    "Gradient descent with momentum: new weights and velocity from a gradient", 1, 1.0)
