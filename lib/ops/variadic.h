/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that combine any number of tensors, broadcast together, two by two. */
#pragma once

#include "../simd.h"
#include "broadcast.h"

/* out[i] = combination of out[i] and a row that advances by the stride. */
typedef void (*GenVariadicRow) (void *out, const void *row, gint64 stride, gsize n);

typedef struct {
  GenVariadicRow float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64;
} GenVariadicRows;

gboolean gen_variadic_infer (GenNode *node, GError **error);
/* `mean`: what comes out is divided by the number of tensors. */
gboolean gen_variadic_cpu (
    GenKernel *kernel, const GenVariadicRows *rows, gboolean mean, GError **error);

/* gradient(): each input gets dy times `factor`; each input gets dy where it is the result. */
gboolean gen_variadic_share (GenGradient *gradient, float factor, GError **error);
gboolean gen_variadic_choose (GenGradient *gradient, GError **error);

#define GEN_VARIADIC_ROW(name, T, expression)                                                      \
  GEN_CLONES static void name (void *pout, const void *row, gint64 stride, gsize n)                \
  {                                                                                                \
    const T *from = row;                                                                           \
    T *out = pout;                                                                                 \
                                                                                                   \
    if (stride == 1)                                                                               \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T x = out[i], y = from[i];                                                           \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    else                                                                                           \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T x = out[i], y = from[(gint64)i * stride];                                          \
        out[i] = (expression);                                                                     \
      }                                                                                            \
  }

#define GEN_VARIADIC_OPERATOR(id, name_, summary_)                                                 \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = summary_,                                                                           \
    .since = 6,                                                                                    \
    .min_inputs = 1,                                                                               \
    .max_inputs = -1,                                                                              \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .infer = gen_variadic_infer,                                                                   \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
  };
