/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cuda.h"

gboolean gen_cuda_available (GError **error);
/* The current device with a stream and the libraries' handles; to be closed in any case. */
gboolean gen_cuda_device_open (GenCudaDevice *device, GError **error);
void gen_cuda_device_close (GenCudaDevice *device);
