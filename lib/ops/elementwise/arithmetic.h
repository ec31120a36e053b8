/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary operators over every numeric type. */
#pragma once

#include "../broadcast.h"
#include "../../simd.h"

typedef struct {
  GenBinaryRow float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64;
} GenArithmeticRows;

/* The row for what elements of `type` are computed in; NULL where there is none. */
GenBinaryRow gen_arithmetic_row (const GenArithmeticRows *rows, GenDataType type);
/* cpu() of a binary operator whose result has the type of its operands. */
gboolean gen_arithmetic_cpu (
    GenKernel *kernel, const GenArithmeticRows *rows, double cost, GError **error);

/* Those that several operators combine elements with. */
extern const GenArithmeticRows gen_add_rows, gen_sub_rows, gen_mul_rows, gen_max_rows, gen_min_rows;

/* The row function of one type. */
#define GEN_ARITHMETIC_ROW(name, T, expression)                                                    \
  GEN_CLONES (void, name,                                                                          \
      (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n),                 \
      (pa, as, pb, bs, pout, n))                                                                   \
  {                                                                                                \
    GEN_BINARY_LOOPS (T, T, expression)                                                            \
  }

/* The rows `name`, with `expression` of x and y for every type. */
#define GEN_ARITHMETIC_ROWS(name, expression)                                                      \
  GEN_ARITHMETIC_ROW (name##_float32, float, expression)                                           \
  GEN_ARITHMETIC_ROW (name##_float64, double, expression)                                          \
  GEN_ARITHMETIC_ROW (name##_int8, gint8, expression)                                              \
  GEN_ARITHMETIC_ROW (name##_int16, gint16, expression)                                            \
  GEN_ARITHMETIC_ROW (name##_int32, gint32, expression)                                            \
  GEN_ARITHMETIC_ROW (name##_int64, gint64, expression)                                            \
  GEN_ARITHMETIC_ROW (name##_uint8, guint8, expression)                                            \
  GEN_ARITHMETIC_ROW (name##_uint16, guint16, expression)                                          \
  GEN_ARITHMETIC_ROW (name##_uint32, guint32, expression)                                          \
  GEN_ARITHMETIC_ROW (name##_uint64, guint64, expression)                                          \
  const GenArithmeticRows name = { name##_float32, name##_float64, name##_int8, name##_int16,      \
    name##_int32, name##_int64, name##_uint8, name##_uint16, name##_uint32, name##_uint64 };
