/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary operators whose result is bool: comparisons and logic. */
#pragma once

#include "binary.h"

gboolean gen_compare_infer (GenNode *node, GError **error);

#define GEN_COMPARE_ROW(name, T, expression)                                                       \
  GEN_CLONES (void, name,                                                                          \
      (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n),                 \
      (pa, as, pb, bs, pout, n))                                                                   \
  {                                                                                                \
    GEN_BINARY_LOOPS (T, guint8, expression)                                                       \
  }

/* The rows of a comparison of numbers. */
#define GEN_COMPARE_ROWS(expression)                                                               \
  GEN_NUMBER_ROWS (GEN_COMPARE_ROW, row, expression)                                               \
  static const GenBinaryRows rows = { GEN_NUMBER_ROWS_OF (row), .boolean = row_uint8 };

/* The rows of a logical operator. */
#define GEN_LOGIC_ROWS(expression)                                                                 \
  GEN_COMPARE_ROW (boolean_row, guint8, expression)                                                \
  static const GenBinaryRows rows = { .boolean = boolean_row };

#define GEN_COMPARE_OPERATOR(id, name_, summary_, since_)                                          \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_binary_rows_cpu (kernel, &rows, 0.3, error);                                        \
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
