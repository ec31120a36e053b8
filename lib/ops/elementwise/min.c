/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Min: the smallest of any number of tensors, broadcast. Its gradient goes to all that are
 * smallest. */
#include "variadic.h"

GEN_ARITHMETIC_ROWS (gen_min_rows, (y < x) | (y != y) ? y : x)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_variadic_cpu (kernel, &gen_min_rows, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_choose (g, error);
}

GEN_VARIADIC_OPERATOR (min, "Min", "Smallest of any number of tensors")
