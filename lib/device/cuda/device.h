/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cuda.h"

gboolean gen_cuda_available (GError **error);
/* For GenExecutorClass: the process's GPU becomes the thread's, unless that has been given a
 * context. */
gboolean gen_cuda_identify (char *name, gsize size, GError **error);
/* The device that is current on this thread, and its context, with a stream and the libraries'
 * handles; to be closed in any case. */
gboolean gen_cuda_device_open (GenCudaDevice *device, GError **error);
void gen_cuda_device_close (GenCudaDevice *device);

/* Pinned memory for whatever context is to copy from it or to it; NULL when there is none. */
void *gen_cuda_take_host (gsize size);
void gen_cuda_free_host (void *memory);

/* For as long as one lives, what the thread does is done in the device's context: memory, streams
 * and kernels belong to the one in which they were made. */
struct GenCudaCurrent {
  GenCudaDriver driver;
  gboolean pushed;

  explicit GenCudaCurrent (const GenCudaDevice *device) : driver (device->driver)
  {
    pushed = device->context != NULL && driver.push (device->context) == 0;
  }
  ~GenCudaCurrent ()
  {
    void *context;

    if (pushed)
      driver.pop (&context);
  }
  GenCudaCurrent (const GenCudaCurrent &) = delete;
};
