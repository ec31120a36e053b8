/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory to try a library's algorithms on, while the plan's own is not there yet. */
#pragma once

#include "product.h"

struct GenCudaTrial {
  const GenCudaDevice *device;
  GenCudaOperands operands = {};
  void *workspace = NULL;
  std::vector<void *> taken;
  gboolean complete = TRUE;

  void *take (gsize size)
  {
    void *memory = NULL;

    if (cudaMalloc (&memory, MAX (size, 1)) != cudaSuccess) {
      cudaGetLastError ();
      complete = FALSE;
      return NULL;
    }
    taken.push_back (memory);
    /* Numbers that are none would be as fast, but zeros are sure to be. */
    cudaMemsetAsync (memory, 0, size, device->stream);
    return memory;
  }

  GenCudaTrial (const GenCudaDevice *on, gsize a, gsize b, gsize c, gsize bias, gsize work)
      : device (on)
  {
    operands = { take (a), take (b), take (bias), take (c) };
    workspace = take (work);
  }

  ~GenCudaTrial ()
  {
    cudaStreamSynchronize (device->stream);
    for (void *memory : taken)
      cudaFree (memory);
  }

  /* The fastest of `n` ways, the library's favourite being the first; that one where there is too
   * little memory for a trial. */
  int choose (int n, const std::function<gboolean (int way)> &run)
  {
    return complete ? gen_cuda_fastest (device, n, run) : 0;
  }
};
