/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of random graphs share. A step takes a tensor to the next one; NULL where it
 * cannot. */
#include "random-graph.h"

/* Steps that would make more are not taken. */
#define MOST_ELEMENTS 6000
#define MOST_OF_LARGE 120000

typedef struct {
  GenGraph *graph;
  GRand *random;
  GenDataType type;
  gint64 most;     /* elements of a tensor */
  GPtrArray *made; /* GenTensor: what further steps may read */
  GPtrArray *shown;
} Maker;

#define ONE_OF(m, ...)                                                                             \
  random_one_of (m, (const gint64[]){ __VA_ARGS__ }, sizeof ((const gint64[]){ __VA_ARGS__ }) / 8)

#define OP(m, name, inputs, n, ...)                                                                \
  ({                                                                                               \
    GError *error_ = NULL;                                                                         \
    GenTensor *made_ = gen_graph_op ((m)->graph, name, inputs, n, 1, &error_, __VA_ARGS__);        \
    random_checked (made_, error_);                                                                \
  })

/* random_graph-operands.c */
guint random_below (Maker *m, guint n);
gboolean random_once_in (Maker *m, guint n);
gint64 random_one_of (Maker *m, const gint64 *values, guint n);
gboolean random_fits (const Maker *m, const GenShape *shape);
GenTensor *random_checked (GenTensor *made, GError *error);
GenTensor *random_call (Maker *m, const char *op, GenTensor *a, GenTensor *b);
GenTensor *random_ints (Maker *m, const gint64 *values, gsize n);
GenTensor *random_typed (Maker *m, GenTensor *x);
GenTensor *random_constant_between (Maker *m, GenShape shape, double low, double high);
GenTensor *random_number (Maker *m, double value);
GenTensor *random_nearly (Maker *m, double value);
GenTensor *random_given (Maker *m, GenShape shape);
GenTensor *random_operand (Maker *m, GenShape shape);
GenTensor *random_weights (Maker *m, GenShape shape, gint64 n);
GenShape random_beside (Maker *m, const GenShape *shape);
GenTensor *random_earlier (Maker *m, const GenShape *shape);
GenTensor *random_either_side (Maker *m, const char *op, GenTensor *a, GenTensor *b);
GenTensor *random_reshape (Maker *m, GenTensor *x, GenShape shape);
GenTensor *random_transpose (Maker *m, GenTensor *x, const gint64 *order);
GenNode *random_add_old (Maker *m, const char *op, int opset, GenTensor *x);
GenTensor *random_inferred (GenNode *node);

/* random_graph-products.c */
gint64 random_width (Maker *m);
GenTensor *random_product (Maker *m, GenTensor *x);
GenTensor *random_convolution (Maker *m, GenTensor *x);
GenTensor *random_transposed_convolution (Maker *m, GenTensor *x);

/* random_graph-following.c */
GenTensor *random_arithmetic (Maker *m, GenTensor *x);
GenTensor *random_residual (Maker *m, GenTensor *x);
GenTensor *random_second_product (Maker *m, GenTensor *x);
GenTensor *random_activation (Maker *m, GenTensor *x);
GenTensor *random_normalization (Maker *m, GenTensor *x);

/* random_graph-movement.c */
GenTensor *random_movement (Maker *m, GenTensor *x);

/* random_graph-blocks.c */
GenTensor *random_attention (Maker *m, GenTensor *x);
GenTensor *random_modulated_convolution (Maker *m, GenTensor *x);
