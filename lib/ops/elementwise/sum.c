/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sum: of any number of tensors, broadcast. */
#include "variadic.h"

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_variadic_cpu (kernel, &gen_add_rows, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_share (g, 1, error);
}

GEN_VARIADIC_OPERATOR (sum, "Sum", "Sum of any number of tensors")
