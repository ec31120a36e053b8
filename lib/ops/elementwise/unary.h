/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators of one operand: a formula becomes a row function for each type it is good for. */
#pragma once

#include "../../simd.h"
#include "../broadcast.h"

typedef struct {
  double cost; /* nanoseconds an element */
  GenUnaryRow float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, boolean;
} GenUnaryRows;

/* infer() of an operator whose result is bool. */
gboolean gen_unary_test_infer (GenNode *node, GError **error);
/* cpu() of an operator whose row function is chosen by the operand's type. */
gboolean gen_unary_rows_cpu (GenKernel *kernel, const GenUnaryRows *rows, GError **error);

/* dy * factor, the gradient of a function whose slope is `factor`; FALSE with `error`. */
gboolean gen_gradient_times (GenGradient *gradient, GenTensor *factor, GError **error);

/* a x^2 + c, which the slopes of many functions consist of; NULL with `error`. */
GenTensor *gen_gradient_quadratic (GenGraph *graph, GenTensor *x, float a, float c, GError **error);
/* `yes` where the condition holds, elsewhere `no`; NULL, which a condition may be too, on failure.
 */
GenTensor *gen_gradient_choose (
    GenGraph *graph, GenTensor *condition, GenTensor *yes, GenTensor *no, GError **error);

/* One row: out = expression of x. What follows the expression are declarations that it reads,
 * such as attributes of `node`. */
#define GEN_UNARY_ROW(name, T, expression, ...)                                                    \
  GEN_UNARY_ROW_INTO (name, T, T, expression, __VA_ARGS__)
/* Likewise for a result of bool. */
#define GEN_UNARY_TEST_ROW(name, T, expression, ...)                                               \
  GEN_UNARY_ROW_INTO (name, T, guint8, expression, __VA_ARGS__)
#define GEN_UNARY_ROW_INTO(name, T, Result, expression, ...)                                       \
  GEN_CLONES (                                                                                     \
      void, name, (const GenNode *node, const void *px, void *pout, gsize n), (node, px, pout, n)) \
  {                                                                                                \
    const T *from = px;                                                                            \
    Result *out = pout;                                                                            \
    __VA_ARGS__;                                                                                   \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = from[i];                                                                         \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  }

/* One row of float32 by `near`, which is good for magnitudes up to `most`, and, in the stretches
 * that have larger ones or what is no number, by `far`. */
#define GEN_UNARY_STRETCH 1024
#define GEN_UNARY_ROW_WITHIN(name, most, near, far)                                                \
  GEN_CLONES (                                                                                     \
      void, name, (const GenNode *node, const void *px, void *pout, gsize n), (node, px, pout, n)) \
  {                                                                                                \
    for (gsize first = 0; first < n; first += GEN_UNARY_STRETCH) {                                 \
      const float *from = (const float *)px + first;                                               \
      float *out = (float *)pout + first;                                                          \
      const gsize count = MIN (GEN_UNARY_STRETCH, n - first);                                      \
      int beyond = 0;                                                                              \
                                                                                                   \
      for (gsize i = 0; i < count; i++)                                                            \
        beyond |= !(from[i] >= -(most) && from[i] <= (most));                                      \
      if (beyond)                                                                                  \
        for (gsize i = 0; i < count; i++) {                                                        \
          const float x = from[i];                                                                 \
          out[i] = (far);                                                                          \
        }                                                                                          \
      else                                                                                         \
        for (gsize i = 0; i < count; i++) {                                                        \
          const float x = from[i];                                                                 \
          out[i] = (near);                                                                         \
        }                                                                                          \
    }                                                                                              \
  }

#define GEN_UNARY_CPU(...)                                                                         \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    static const GenUnaryRows rows = { __VA_ARGS__ };                                              \
                                                                                                   \
    return gen_unary_rows_cpu (kernel, &rows, error);                                              \
  }

/* cpu() for float32 and float64. */
#define GEN_UNARY_FLOATS(cost_, expression32, expression64, ...)                                   \
  GEN_UNARY_ROW (float32_row, float, expression32, __VA_ARGS__)                                    \
  GEN_UNARY_ROW (float64_row, double, expression64, __VA_ARGS__)                                   \
  GEN_UNARY_CPU (.cost = cost_, .float32 = float32_row, .float64 = float64_row)

/* cpu() for signed numbers, by one formula. */
#define GEN_UNARY_SIGNED(cost_, expression)                                                        \
  GEN_UNARY_ROW (float32_row, float, expression)                                                   \
  GEN_UNARY_ROW (float64_row, double, expression)                                                  \
  GEN_UNARY_ROW (int8_row, gint8, expression)                                                      \
  GEN_UNARY_ROW (int16_row, gint16, expression)                                                    \
  GEN_UNARY_ROW (int32_row, gint32, expression)                                                    \
  GEN_UNARY_ROW (int64_row, gint64, expression)                                                    \
  GEN_UNARY_CPU (.cost = cost_, .float32 = float32_row, .float64 = float64_row, .int8 = int8_row,  \
      .int16 = int16_row, .int32 = int32_row, .int64 = int64_row)

/* cpu() for all numbers; the unsigned ones by a formula of their own. */
#define GEN_UNARY_NUMBERS(cost_, expression, unsigned_expression, ...)                             \
  GEN_UNARY_ROW (float32_row, float, expression, __VA_ARGS__)                                      \
  GEN_UNARY_ROW (float64_row, double, expression, __VA_ARGS__)                                     \
  GEN_UNARY_ROW (int8_row, gint8, expression, __VA_ARGS__)                                         \
  GEN_UNARY_ROW (int16_row, gint16, expression, __VA_ARGS__)                                       \
  GEN_UNARY_ROW (int32_row, gint32, expression, __VA_ARGS__)                                       \
  GEN_UNARY_ROW (int64_row, gint64, expression, __VA_ARGS__)                                       \
  GEN_UNARY_ROW (uint8_row, guint8, unsigned_expression, __VA_ARGS__)                              \
  GEN_UNARY_ROW (uint16_row, guint16, unsigned_expression, __VA_ARGS__)                            \
  GEN_UNARY_ROW (uint32_row, guint32, unsigned_expression, __VA_ARGS__)                            \
  GEN_UNARY_ROW (uint64_row, guint64, unsigned_expression, __VA_ARGS__)                            \
  GEN_UNARY_CPU (.cost = cost_, .float32 = float32_row, .float64 = float64_row, .int8 = int8_row,  \
      .int16 = int16_row, .int32 = int32_row, .int64 = int64_row, .uint8 = uint8_row,              \
      .uint16 = uint16_row, .uint32 = uint32_row, .uint64 = uint64_row)

/* The descriptor; further fields follow. */
#define GEN_UNARY_OPERATOR(id, name_, summary_, since_, ...)                                       \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = summary_,                                                                           \
    .since = since_,                                                                               \
    .min_inputs = 1,                                                                               \
    .max_inputs = 1,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_SAME,                                                                   \
    .elementwise = TRUE,                                                                           \
    .infer = gen_infer_same,                                                                       \
    .cpu = cpu,                                                                                    \
    __VA_ARGS__ };

/* Likewise for an operator of ours from (result or operand, dy): a gradient. */
#define GEN_GRADIENT_OPERATOR(id, name_, summary_, ...)                                            \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .domain = "generative",                                                                        \
    .summary = summary_,                                                                           \
    .min_inputs = 2,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_SAME,                                                                   \
    .elementwise = TRUE,                                                                           \
    .infer = gen_infer_same,                                                                       \
    .cpu = cpu,                                                                                    \
    __VA_ARGS__ };

/* Whether `expression` holds, of floats: the rows, the descriptor and all. */
#define GEN_UNARY_TEST_OPERATOR(id, name_, summary_, since_, expression, ...)                      \
  GEN_UNARY_TEST_ROW (float32_row, float, expression, __VA_ARGS__)                                 \
  GEN_UNARY_TEST_ROW (float64_row, double, expression, __VA_ARGS__)                                \
  GEN_UNARY_CPU (.cost = 0.2, .float32 = float32_row, .float64 = float64_row)                      \
                                                                                                   \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = summary_,                                                                           \
    .since = since_,                                                                               \
    .min_inputs = 1,                                                                               \
    .max_inputs = 1,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_SAME,                                                                   \
    .infer = gen_unary_test_infer,                                                                 \
    .cpu = cpu,                                                                                    \
    .gradient_is_zero = TRUE,                                                                      \
  };
