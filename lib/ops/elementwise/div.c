/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Div: a / b, broadcast. Integers are cut towards zero, and by zero give zero. */
#include "arithmetic.h"

#define QUOTIENT(T) (y == 0 ? 0 : y == (T)-1 ? (T)(0 - (guint64)x) : x / y)

GEN_ARITHMETIC_ROW (div_float32, float, x / y)
GEN_ARITHMETIC_ROW (div_float64, double, x / y)
GEN_ARITHMETIC_ROW (div_int8, gint8, QUOTIENT (gint8))
GEN_ARITHMETIC_ROW (div_int16, gint16, QUOTIENT (gint16))
GEN_ARITHMETIC_ROW (div_int32, gint32, QUOTIENT (gint32))
GEN_ARITHMETIC_ROW (div_int64, gint64, QUOTIENT (gint64))
GEN_ARITHMETIC_ROW (div_uint8, guint8, y == 0 ? 0 : x / y)
GEN_ARITHMETIC_ROW (div_uint16, guint16, y == 0 ? 0 : x / y)
GEN_ARITHMETIC_ROW (div_uint32, guint32, y == 0 ? 0 : x / y)
GEN_ARITHMETIC_ROW (div_uint64, guint64, y == 0 ? 0 : x / y)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenBinaryRows rows = { GEN_NUMBER_ROWS_OF (div) };

  return gen_binary_rows_cpu (kernel, &rows, 0.5, error);
}

/* da = dy / b, and db = -da y. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *a = gen_node_input (g->node, 0), *b = gen_node_input (g->node, 1);
  GenTensor *da = gen_binary (g->graph, "Div", g->outputs[0], b, error);

  if (g->needed[0]) {
    g->inputs[0] = gen_gradient_unbroadcast (g->graph, da, a, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    GenTensor *db = gen_unary (g->graph, "Neg",
        gen_binary (g->graph, "Mul", da, gen_node_output (g->node, 0), error), error);

    g->inputs[1] = gen_gradient_unbroadcast (g->graph, db, b, error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return da != NULL;
}

GEN_BINARY_OPERATOR (div, "Div", "Quotient of two tensors", 7, .gradient = gradient)
