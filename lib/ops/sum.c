/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sum: of any number of tensors, broadcast. */
#include "variadic.h"

GEN_VARIADIC_ROW (float32_row, float, x + y)
GEN_VARIADIC_ROW (float64_row, double, x + y)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenVariadicRows rows = { .float32 = float32_row, .float64 = float64_row };

  return gen_variadic_cpu (kernel, &rows, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_share (g, 1, error);
}

GEN_VARIADIC_OPERATOR (sum, "Sum", "Sum of any number of tensors")
