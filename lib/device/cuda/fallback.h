/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes for which the device has no kernel: their operands travel to the CPU, the CPU's kernel
 * runs, the results travel back. All of that is part of the captured graph. */
#pragma once

#include "cuda.h"

struct GenCudaFallback;

/* The CPU's kernel for `kernel`'s node. */
std::shared_ptr<GenCudaFallback> gen_cuda_fallback_new (
    const GenCudaKernel *kernel, int threads, GError **error);
/* Adds the launch that does the node; the values come from and go to kernel's addresses. */
gboolean gen_cuda_fallback_add (
    GenCudaKernel *kernel, std::shared_ptr<GenCudaFallback> fallback, GError **error);
/* Constants have come to lie where they stay: let the kernel read them there. */
void gen_cuda_fallback_find_constants (GenCudaFallback *fallback);
/* Before each run. */
void gen_cuda_fallback_set_draw (GenCudaFallback *fallback, guint64 draw);
/* The CPU's kernel, whose state tells how it works. */
const GenKernel *gen_cuda_fallback_kernel (const GenCudaFallback *fallback);
