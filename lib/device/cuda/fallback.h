/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes for which the device has no kernel, as a part of the captured graph. */
#pragma once

#include "cuda.h"

G_BEGIN_DECLS
#include "../fallback.h"
G_END_DECLS

/* Adds the launch that does the node on the CPU; the values come from and go to kernel's addresses.
 */
gboolean gen_cuda_fallback_add (
    GenCudaKernel *kernel, std::shared_ptr<GenFallback> fallback, GError **error);
