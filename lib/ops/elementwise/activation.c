/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activations as heavy operators apply them, and the vector mathematics behind them. */
#include "activation.h"

#include <math.h>

#include "mathematics.h"
#include "../../simd.h"

/* Results of a row as `sum` has them, through `expression` of v (and of the column i). */
#define LOOP(sum, expression)                                                                      \
  for (gsize i = 0; i < columns; i++) {                                                            \
    const float v = (sum);                                                                         \
    x[i] = (expression);                                                                           \
  }

#define ROWS(name, expression)                                                                     \
  GEN_CLONES (void, name, (const GenFinish *f, float *x, gsize rows, gsize columns, gsize stride), \
      (f, x, rows, columns, stride))                                                               \
  {                                                                                                \
    const float alpha = f->activation.alpha, beta = f->activation.beta;                            \
    const float *bias = f->bias, *slopes = f->slopes, *added = f->added;                           \
                                                                                                   \
    for (gsize r = 0; r < rows; r++, x += stride) {                                                \
      if (bias != NULL && added != NULL)                                                           \
        LOOP (x[i] + bias[i] + added[i], expression)                                               \
      else if (bias != NULL)                                                                       \
        LOOP (x[i] + bias[i], expression)                                                          \
      else if (added != NULL)                                                                      \
        LOOP (x[i] + added[i], expression)                                                         \
      else                                                                                         \
        LOOP (x[i], expression)                                                                    \
      if (added != NULL)                                                                           \
        added += f->added_stride;                                                                  \
    }                                                                                              \
    (void)alpha, (void)beta, (void)slopes;                                                         \
  }

/* The slope is read in any case: without masks a loop that may not read it gets no vector code. */
static inline float
leak (float v, float slope)
{
  return v < 0 ? v * slope : v;
}

ROWS (none, v)
ROWS (relu, v < 0 ? 0 : v)
ROWS (leaky_relu, leak (v, alpha))
ROWS (sigmoid, gen_sigmoid (v))
ROWS (tanh_row, gen_tanh (v))
ROWS (clip, v<alpha ? alpha : v> beta ? beta : v)
ROWS (gelu, gen_gelu (v))
ROWS (gelu_tanh, gen_gelu_tanh (v))
ROWS (silu, v *gen_sigmoid (v))
ROWS (prelu, leak (v, slopes[i]))

void
gen_finish_apply (const GenFinish *finish, float *x, gsize rows, gsize columns, gsize stride)
{
  static void (*const functions[]) (const GenFinish *, float *, gsize, gsize, gsize) = {
    [GEN_ACTIVATION_NONE] = none,
    [GEN_ACTIVATION_RELU] = relu,
    [GEN_ACTIVATION_LEAKY_RELU] = leaky_relu,
    [GEN_ACTIVATION_SIGMOID] = sigmoid,
    [GEN_ACTIVATION_TANH] = tanh_row,
    [GEN_ACTIVATION_CLIP] = clip,
    [GEN_ACTIVATION_GELU] = gelu,
    [GEN_ACTIVATION_GELU_TANH] = gelu_tanh,
    [GEN_ACTIVATION_SILU] = silu,
    [GEN_ACTIVATION_PRELU] = prelu,
  };

  if (finish->activation.kind == GEN_ACTIVATION_NONE && finish->bias == NULL &&
      finish->added == NULL)
    return;
  functions[finish->activation.kind](finish, x, rows, columns, stride);
}

void
gen_activation_apply (const GenActivation *activation, float *x, gsize rows, gsize columns,
    gsize stride, const float *bias)
{
  const GenFinish finish = { .activation = *activation, .bias = bias };

  gen_finish_apply (&finish, x, rows, columns, stride);
}

GenFinish
gen_finish_of (const GenKernel *kernel, gint64 columns, gint64 row, gint64 column)
{
  const GenTaken *taken = &kernel->node->taken;
  GenFinish finish = { .activation = kernel->node->activation, .added_stride = columns };

  if (taken->bias > 0)
    finish.bias = (const float *)kernel->inputs[taken->bias] + column;
  if (taken->added > 0)
    finish.added = (const float *)kernel->inputs[taken->added] + row * columns + column;
  if (taken->slopes > 0)
    finish.slopes = (const float *)kernel->inputs[taken->slopes] + column;
  return finish;
}
