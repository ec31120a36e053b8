/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activations as heavy operators apply them, and the vector mathematics behind them. */
#include "activation.h"

#include <math.h>

#include "mathematics.h"
#include "../simd.h"

#define ROWS(name, expression)                                                                     \
  GEN_CLONES static void name (float *x, gsize n, const float *bias, float alpha, float beta)      \
  {                                                                                                \
    if (bias != NULL)                                                                              \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float v = x[i] + bias[i];                                                            \
        x[i] = (expression);                                                                       \
      }                                                                                            \
    else                                                                                           \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float v = x[i];                                                                      \
        x[i] = (expression);                                                                       \
      }                                                                                            \
  }

ROWS (none, v)
ROWS (relu, v < 0 ? 0 : v)
ROWS (leaky_relu, v < 0 ? v * alpha : v)
ROWS (sigmoid, gen_sigmoid (v))
ROWS (tanh_row, gen_tanh (v))
ROWS (clip, v<alpha ? alpha : v> beta ? beta : v)

void
gen_activation_apply (const GenActivation *activation, float *x, gsize rows, gsize columns,
    gsize stride, const float *bias)
{
  static void (*const functions[]) (float *, gsize, const float *, float, float) = {
    [GEN_ACTIVATION_NONE] = none,
    [GEN_ACTIVATION_RELU] = relu,
    [GEN_ACTIVATION_LEAKY_RELU] = leaky_relu,
    [GEN_ACTIVATION_SIGMOID] = sigmoid,
    [GEN_ACTIVATION_TANH] = tanh_row,
    [GEN_ACTIVATION_CLIP] = clip,
  };

  if (activation->kind == GEN_ACTIVATION_NONE && bias == NULL)
    return;
  for (gsize r = 0; r < rows; r++)
    functions[activation->kind](x + r * stride, columns, bias, activation->alpha, activation->beta);
}
