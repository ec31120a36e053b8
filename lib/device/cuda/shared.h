/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights on a device, of which there is one copy however many plans of the process use them. */
#pragma once

#include "cuda.h"

/* Read-only device memory with `size` bytes of `data` in it: new, or what has the same bytes in the
 * same context already. It is freed with its last user, in whose hands the context has to be the
 * thread's. NULL with `error`, which names `what`. */
std::shared_ptr<void> gen_cuda_share (
    const GenCudaDevice *device, const void *data, gsize size, const char *what, GError **error);
