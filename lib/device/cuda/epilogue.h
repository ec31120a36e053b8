/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows a product or a convolution where the library could not do it at once. */
#pragma once

#include "cuda.h"

/* Output 0 becomes activation (output 0 + bias + added), in place, with all that fusion has given
 * the node (GenTaken). `bias` is the number of the input that the operator itself has for it, one
 * value for each channel of a picture or column of a matrix; -1: none. FALSE where it is too large.
 */
gboolean gen_cuda_add_finish (GenCudaKernel *kernel, int bias);

/* Whether fusion has given the node nothing but an activation, which a library may do at once. */
gboolean gen_cuda_is_plain (const GenNode *node);
