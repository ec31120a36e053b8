/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binary operators over every numeric type. */
#pragma once

#include "binary.h"

/* Those that several operators combine elements with. */
extern const GenBinaryRows gen_add_rows, gen_sub_rows, gen_mul_rows, gen_max_rows, gen_min_rows;

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
  GEN_NUMBER_ROWS (GEN_ARITHMETIC_ROW, name, expression)                                           \
  const GenBinaryRows name = { GEN_NUMBER_ROWS_OF (name) };
