/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators on the bits of two tensors of integers, broadcast. */
#pragma once

#include "arithmetic.h"

/* Rows for integers, whose sign does not matter. */
#define GEN_BITWISE_ROWS(expression)                                                               \
  GEN_ARITHMETIC_ROW (row8, guint8, expression)                                                    \
  GEN_ARITHMETIC_ROW (row16, guint16, expression)                                                  \
  GEN_ARITHMETIC_ROW (row32, guint32, expression)                                                  \
  GEN_ARITHMETIC_ROW (row64, guint64, expression)                                                  \
  static const GenBinaryRows rows = { .int8 = row8,                                                \
    .uint8 = row8,                                                                                 \
    .int16 = row16,                                                                                \
    .uint16 = row16,                                                                               \
    .int32 = row32,                                                                                \
    .uint32 = row32,                                                                               \
    .int64 = row64,                                                                                \
    .uint64 = row64 };

#define GEN_BITWISE_OPERATOR(id, name_, summary_, expression)                                      \
  GEN_BITWISE_ROWS (expression)                                                                    \
                                                                                                   \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_binary_rows_cpu (kernel, &rows, 0.3, error);                                        \
  }                                                                                                \
                                                                                                   \
  GEN_BINARY_OPERATOR (id, name_, summary_, 18, .gradient_is_zero = TRUE)
