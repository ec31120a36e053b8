/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory to try a library's algorithms on, while the plan's own is not there yet. */
#pragma once

#include "product.h"

class GenCudaTrial
{
  const GenCudaDevice *device;
  std::vector<void *> taken;
  gboolean complete = TRUE;

public:
  explicit GenCudaTrial (const GenCudaDevice *on) : device (on)
  {
  }
  GenCudaTrial (const GenCudaTrial &) = delete;
  ~GenCudaTrial ()
  {
    if (taken.empty ())
      return;
    cudaStreamSynchronize (device->stream);
    for (void *memory : taken)
      cudaFree (memory);
  }

  void *take (gsize size)
  {
    void *memory = NULL;

    if (!complete || cudaMalloc (&memory, MAX (size, 1)) != cudaSuccess) {
      cudaGetLastError ();
      complete = FALSE;
      return NULL;
    }
    taken.push_back (memory);
    /* Numbers that are none would be as fast, but zeros are sure to be. */
    cudaMemsetAsync (memory, 0, size, device->stream);
    return memory;
  }
  /* Whether all that was asked for is there. */
  gboolean is_complete () const
  {
    return complete;
  }
};
