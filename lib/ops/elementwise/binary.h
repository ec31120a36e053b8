/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators of two operands, broadcast, whose row function is chosen by the operands' type. */
#pragma once

#include "../broadcast.h"
#include "../../simd.h"

typedef struct {
  GenBinaryRow float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, boolean;
} GenBinaryRows;

/* The row for what elements of `type` are computed in; NULL where there is none. */
GenBinaryRow gen_binary_rows_find (const GenBinaryRows *rows, GenDataType type);
/* cpu() of an operator with these rows; `cost` nanoseconds an element. */
gboolean gen_binary_rows_cpu (
    GenKernel *kernel, const GenBinaryRows *rows, double cost, GError **error);

/* What ROW (name, type, expression) makes of each type of numbers. */
#define GEN_NUMBER_ROWS(ROW, name, expression)                                                     \
  ROW (name##_float32, float, expression)                                                          \
  ROW (name##_float64, double, expression)                                                         \
  ROW (name##_int8, gint8, expression)                                                             \
  ROW (name##_int16, gint16, expression)                                                           \
  ROW (name##_int32, gint32, expression)                                                           \
  ROW (name##_int64, gint64, expression)                                                           \
  ROW (name##_uint8, guint8, expression)                                                           \
  ROW (name##_uint16, guint16, expression)                                                         \
  ROW (name##_uint32, guint32, expression)                                                         \
  ROW (name##_uint64, guint64, expression)

/* Those rows in GenBinaryRows. */
#define GEN_NUMBER_ROWS_OF(name)                                                                   \
  .float32 = name##_float32, .float64 = name##_float64, .int8 = name##_int8,                       \
  .int16 = name##_int16, .int32 = name##_int32, .int64 = name##_int64, .uint8 = name##_uint8,      \
  .uint16 = name##_uint16, .uint32 = name##_uint32, .uint64 = name##_uint64

/* The descriptor of one whose result has the type of its operands; further fields follow. */
#define GEN_BINARY_OPERATOR(id, name_, summary_, since_, ...)                                      \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = summary_,                                                                           \
    .since = since_,                                                                               \
    .min_inputs = 2,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_SAME,                                                                   \
    .elementwise = TRUE,                                                                           \
    .infer = gen_infer_broadcast,                                                                  \
    .cpu = cpu,                                                                                    \
    __VA_ARGS__ };
