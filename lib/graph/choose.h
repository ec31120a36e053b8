/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing kernels by measuring them. */
#pragma once

#include <generative/operator.h>

typedef struct _GenChooser GenChooser;

/* One for the compilation of `graph`. */
GenChooser *gen_chooser_new (const GenGraph *graph, const GenPlanOptions *options);
/* gen_kernel_prepare by the way that is best for the node, as far as the options want it known. */
gboolean gen_chooser_prepare (GenChooser *chooser, GenKernel *kernel, GError **error);
void gen_chooser_free (GenChooser *chooser);
