/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cuda.h"

G_BEGIN_DECLS
#include "../../ops/shape/strided.h"
G_END_DECLS

/* Where a box, or the whole that it is copied to, is when the kernel is launched. */
typedef std::function<const void *(const GenCudaKernel &kernel)> GenCudaFindBox;

/* Add the copy of a box. FALSE where it has too many elements, or none of a size that can be moved.
 */
gboolean gen_cuda_add_strided_between (
    GenCudaKernel *kernel, const GenStrided *strided, GenCudaFindBox from, GenCudaFindBox to);

/* Add the copy of a box from input number `from` of the node to output number `to`. */
gboolean gen_cuda_add_strided (
    GenCudaKernel *kernel, const GenStrided *strided, guint from, guint to);

/* Add the copies of inputs into output 0, or, `apart`, of parts of input 0 into outputs: piece i is
 * of number i, and what lies in it as in the whole goes in one launch. */
gboolean gen_cuda_add_pieces (
    GenCudaKernel *kernel, const std::vector<GenStrided> &pieces, gboolean apart);
