/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary operators whose result is bool: comparisons and logic. */
#pragma once

#include "../../simd.h"
#include "../broadcast.h"

typedef struct {
  GenBinaryRow float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, boolean;
} GenCompareRows;

gboolean gen_compare_infer (GenNode *node, GError **error);
gboolean gen_compare_cpu (GenKernel *kernel, const GenCompareRows *rows, GError **error);

#define GEN_COMPARE_ROW(name, T, expression)                                                       \
  GEN_CLONES (void, name,                                                                          \
      (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n),                 \
      (pa, as, pb, bs, pout, n))                                                                   \
  {                                                                                                \
    GEN_BINARY_LOOPS (T, guint8, expression)                                                       \
  }

/* The rows of a comparison of numbers. */
#define GEN_COMPARE_ROWS(expression)                                                               \
  GEN_COMPARE_ROW (float32_row, float, expression)                                                 \
  GEN_COMPARE_ROW (float64_row, double, expression)                                                \
  GEN_COMPARE_ROW (int8_row, gint8, expression)                                                    \
  GEN_COMPARE_ROW (int16_row, gint16, expression)                                                  \
  GEN_COMPARE_ROW (int32_row, gint32, expression)                                                  \
  GEN_COMPARE_ROW (int64_row, gint64, expression)                                                  \
  GEN_COMPARE_ROW (uint8_row, guint8, expression)                                                  \
  GEN_COMPARE_ROW (uint16_row, guint16, expression)                                                \
  GEN_COMPARE_ROW (uint32_row, guint32, expression)                                                \
  GEN_COMPARE_ROW (uint64_row, guint64, expression)                                                \
  static const GenCompareRows rows = { float32_row, float64_row, int8_row, int16_row, int32_row,   \
    int64_row, uint8_row, uint16_row, uint32_row, uint64_row, uint8_row };

/* The rows of a logical operator. */
#define GEN_LOGIC_ROWS(expression)                                                                 \
  GEN_COMPARE_ROW (boolean_row, guint8, expression)                                                \
  static const GenCompareRows rows = { .boolean = boolean_row };

#define GEN_COMPARE_OPERATOR(id, name_, summary_, since_)                                          \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_compare_cpu (kernel, &rows, error);                                                 \
  }                                                                                                \
                                                                                                   \
  const GenOperator gen_operator_##id = {                                                          \
    .name = name_,                                                                                 \
    .summary = summary_,                                                                           \
    .since = since_,                                                                               \
    .min_inputs = 2,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_SAME,                                                                   \
    .infer = gen_compare_infer,                                                                    \
    .cpu = cpu,                                                                                    \
    .gradient_is_zero = TRUE,                                                                      \
  };
