/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Max: the largest of any number of tensors, broadcast. Its gradient goes to all that are largest.
 */
#include "variadic.h"

GEN_ARITHMETIC_ROWS (gen_max_rows, (y > x) | (y != y) ? y : x)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_variadic_cpu (kernel, &gen_max_rows, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_choose (g, error);
}

GEN_VARIADIC_OPERATOR (max, "Max", "Largest of any number of tensors")
