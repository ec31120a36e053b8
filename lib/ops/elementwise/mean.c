/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mean: of any number of tensors, broadcast. */
#include "variadic.h"

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_variadic_cpu (kernel, &gen_add_rows, TRUE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_variadic_share (g, 1.0f / g->node->inputs->len, error);
}

GEN_VARIADIC_OPERATOR (mean, "Mean", "Mean of any number of tensors")
