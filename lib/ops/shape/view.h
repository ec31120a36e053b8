/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* cpu() of operators that change the shape alone, for where they cannot be views. */
gboolean gen_view_cpu (GenKernel *kernel, GError **error);
/* gradient() of the same: a Reshape back. */
gboolean gen_view_gradient (GenGradient *gradient, GError **error);
