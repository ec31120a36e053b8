/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adam: one pass over weights and both moments (Kingma and Ba, "Adam: a method for stochastic
 * optimization", 2015, algorithm 1). With `decoupled`, weight decay acts on the weights and
 * not through the gradient: AdamW (Loshchilov and Hutter, 2019, algorithm 2). */
#include <math.h>

#include "update.h"
#include "../../simd.h"

typedef struct {
  float beta1, beta2;
  float epsilon;
  float rate;        /* learning rate over the first moment's bias */
  float bias;        /* 1 / square root of the second moment's bias */
  float factor;      /* of the gradient */
  float keep, decay; /* weights are scaled by keep; decay * weights joins the gradient */
} Settings;

GEN_CLONES (void, update,
    (const Settings *settings, const float *weights, const float *gradient, const float *first,
        const float *second, float *new_weights, float *new_first, float *new_second, gsize n),
    (settings, weights, gradient, first, second, new_weights, new_first, new_second, n))
{
  const Settings s = *settings;

#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    const float w = weights[i], g = gradient[i] * s.factor + s.decay * w;
    const float m = first[i] + (1 - s.beta1) * (g - first[i]);
    const float v = s.beta2 * second[i] + (1 - s.beta2) * g * g;

    new_weights[i] = s.keep * w - s.rate * m / (sqrtf (v) * s.bias + s.epsilon);
    new_first[i] = m;
    new_second[i] = v;
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const float rate = *(const float *)kernel->inputs[GEN_UPDATE_RATE];
  const double step = *(const gint64 *)kernel->inputs[GEN_UPDATE_STEP] + 1;
  const float beta1 = gen_node_float (node, "beta1", 0.9f);
  const float beta2 = gen_node_float (node, "beta2", 0.999f);
  const float decay = gen_node_float (node, "weight_decay", 0);
  const gboolean decoupled = gen_node_int (node, "decoupled", 0) != 0;
  Settings settings = {
    .beta1 = beta1,
    .beta2 = beta2,
    .epsilon = gen_node_float (node, "epsilon", 1e-8f),
    .rate = rate / (1 - pow (beta1, step)),
    .bias = 1 / sqrt (1 - pow (beta2, step)),
    .keep = decoupled ? 1 - rate * decay : 1,
    .decay = decoupled ? 0 : decay,
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

GEN_UPDATE_OPERATOR (adam, "Adam", "Adam or AdamW: new weights and moments from a gradient", 2, 1.5)
