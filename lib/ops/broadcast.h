/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking tensors that are broadcast together. */
#pragma once

#include <generative/operator.h>

#include "../private-api.h"

#define GEN_BROADCAST_MAX 8

/* A walk through output 0 of a node in the order of its memory, with the steps that up to
 * GEN_BROADCAST_MAX operands take beside it. Neighbouring dimensions are merged where all operands
 * allow it, so that rows are as long as they can be. */
typedef struct {
  int rank; /* at least 1 */
  gint64 dims[GEN_MAX_RANK];
  gint64 strides[GEN_BROADCAST_MAX][GEN_MAX_RANK]; /* in elements */
  gsize rows;                                      /* product of all dims but the last */
} GenBroadcast;

/* `strides` of the operands along the dimensions of `output`, which the walk is through. */
void gen_broadcast_merge (GenBroadcast *walk, const GenTensor *output, int n_operands,
    const gint64 (*strides)[GEN_MAX_RANK]);
/* Those of the node's first inputs, and its output 0. */
GEN_PRIVATE_API void gen_broadcast_init (GenBroadcast *walk, const GenNode *node, int n_operands);
/* Element offsets of the operands at the start of row `row`. */
void gen_broadcast_seek (const GenBroadcast *walk, gsize row, int n_operands, gint64 *offsets);

/* One row: n results from operands that advance by the strides (0 or 1 nearly always). */
typedef void (*GenBinaryRow) (
    const void *a, gint64 a_stride, const void *b, gint64 b_stride, void *out, gsize n);

/* The body of a GenBinaryRow: what broadcasting makes of rows gets loops of their own, which
 * vectorise; `expression` is of x and y. */
#define GEN_BINARY_LOOPS(T, R, expression)                                                         \
  const T *a = pa, *b = pb;                                                                        \
  R *out = pout;                                                                                   \
                                                                                                   \
  if (as == 1 && bs == 1) {                                                                        \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = a[i], y = b[i];                                                                  \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  } else if (as == 1 && bs == 0) {                                                                 \
    const T y = *b;                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = a[i];                                                                            \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  } else if (as == 0 && bs == 1) {                                                                 \
    const T x = *a;                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T y = b[i];                                                                            \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  } else {                                                                                         \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = a[(gint64)i * as], y = b[(gint64)i * bs];                                        \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  }

/* The same where an operand or the result may be of a 16-bit float: `row` is then one of float32.
 * The types are those of a, b and the result. */
void gen_binary_row_run (GenBinaryRow row, const GenDataType types[3], const void *a,
    gint64 a_stride, const void *b, gint64 b_stride, void *out, gsize n);

/* cpu() of a binary operator: `row` for the types that its operands are computed in
 * (gen_type_computed); `cost` nanoseconds an element. */
gboolean gen_binary_cpu (GenKernel *kernel, GenBinaryRow row, double cost, GError **error);

/* `n` results from `n` operands, of the types that they are computed in; must also work in place.
 */
typedef void (*GenUnaryRow) (const GenNode *node, const void *x, void *out, gsize n);

/* cpu() of a unary operator. */
gboolean gen_unary_cpu (GenKernel *kernel, GenUnaryRow row, double cost, GError **error);
