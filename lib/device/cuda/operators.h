/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../graph/narrow.h"
#include "cuda.h"

/* What prepares `node` for the device, or NULL. */
GenCudaPrepare gen_cuda_operator_find (const GenNode *node);

/* What its row of the list says of 16-bit floats of `type`; those that only move elements follow.
 */
GenNarrow gen_cuda_operator_narrows (const GenNode *node, GenDataType type);

/* An operator that is one copy of a box, as the CPU's kernel `prepared` says
 * (lib/ops/shape/strided.h): FALSE when it is not. */
gboolean gen_cuda_prepare_strided (GenCudaKernel *kernel, const GenKernel *prepared);
