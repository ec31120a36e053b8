/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ScheduleFree: AdamW without a schedule (Defazio et al., "The road less scheduled", 2024,
 * algorithm 1). The weights are where gradients are taken, between a base that descends, the first
 * state, and the average of it, beta1 of the way to the average; whoever plays takes the average.
 * Each base counts in it by the square of its rate, which grows over the first `warm_up` updates.
 */
#include <math.h>

#include "schedule-free.h"
#include "update.h"
#include "../../simd.h"

typedef struct {
  float beta2, epsilon, decay;
  float bias;   /* 1 / square root of the bias of the mean square */
  float factor; /* of the gradient */
  float share;  /* of the base in the average */
  float rate;   /* of the base */
  float step;   /* of the weights, against the gradient */
} Settings;

GEN_CLONES (void, update,
    (const Settings *settings, const float *weights, const float *gradient, const float *base,
        const float *square, float *new_weights, float *new_base, float *new_square, gsize n),
    (settings, weights, gradient, base, square, new_weights, new_base, new_square, n))
{
  const Settings s = *settings;

#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float w = weights[i], z = base[i], g = gradient[i] * s.factor;
    const float v = s.beta2 * square[i] + (1 - s.beta2) * g * g;
    const float down = g / (sqrtf (v) * s.bias + s.epsilon) + s.decay * w;

    new_weights[i] = w + s.share * (z - w) - s.step * down;
    new_base[i] = z - s.rate * down;
    new_square[i] = v;
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const float rate = *(const float *)kernel->inputs[GEN_UPDATE_RATE];
  const double step = (double)*(const gint64 *)kernel->inputs[GEN_UPDATE_STEP] + 1;
  const float beta1 = gen_node_float (node, "beta1", 0.9f);
  const float beta2 = gen_node_float (node, "beta2", 0.999f);
  const float share =
      (float)gen_schedule_free_share (step, (double)gen_node_float (node, "warm_up", 0));
  Settings settings = {
    .beta2 = beta2,
    .epsilon = gen_node_float (node, "epsilon", 1e-8f),
    .decay = gen_node_float (node, "weight_decay", 0),
    .bias = (float)(1 / sqrt (1 - pow (beta2, step))),
    .share = share,
    .rate = rate,
    .step = rate * (1 - beta1 * (1 - share)),
  };
  const float *const *in = (const float *const *)kernel->inputs;
  float *const *out = (float *const *)kernel->outputs;
  gsize at, end;

  gen_update_share (kernel, part, parts, &at, &end);
  settings.factor = gen_update_begin (kernel, at, end);
  if (settings.factor == 0)
    return;
  update (&settings, in[GEN_UPDATE_WEIGHTS] + at, in[GEN_UPDATE_GRADIENT] + at,
      in[GEN_UPDATE_STATE] + at, in[GEN_UPDATE_STATE + 1] + at, out[0] + at, out[1] + at,
      out[2] + at, end - at);
}

GEN_UPDATE_OPERATOR (schedule_free, "ScheduleFree",
    "AdamW without a schedule: new weights, base and mean square from a gradient", 2, 1.5)
