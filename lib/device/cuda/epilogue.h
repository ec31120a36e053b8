/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows a product or a convolution where the library could not do it at once. */
#pragma once

#include "cuda.h"

/* The activation that the node has absorbed, over its output 0, in place. */
gboolean gen_cuda_add_activation (GenCudaKernel *kernel);
/* The same after adding input `input`, one value for each channel of output 0, by its layout. */
gboolean gen_cuda_add_bias (GenCudaKernel *kernel, guint input);
