/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Max: the largest of any number of tensors, broadcast. Its gradient goes to all that are largest.
 */
#include "variadic.h"

GEN_VARIADIC_ROW (float32_row, float, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (float64_row, double, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (int8_row, gint8, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (int16_row, gint16, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (int32_row, gint32, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (int64_row, gint64, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (uint8_row, guint8, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (uint16_row, guint16, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (uint32_row, guint32, (y > x || y != y) ? y : x)
GEN_VARIADIC_ROW (uint64_row, guint64, (y > x || y != y) ? y : x)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenVariadicRows rows = { .float32 = float32_row,
    .float64 = float64_row,
    .int8 = int8_row,
    .int16 = int16_row,
    .int32 = int32_row,
    .int64 = int64_row,
    .uint8 = uint8_row,
    .uint16 = uint16_row,
    .uint32 = uint32_row,
    .uint64 = uint64_row };

  return gen_variadic_cpu (kernel, &rows, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_choose (g, error);
}

GEN_VARIADIC_OPERATOR (max, "Max", "Largest of any number of tensors")
