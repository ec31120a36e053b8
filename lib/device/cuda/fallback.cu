/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fallback.h"

/* Locked memory, which copies to and fro need not wait for. */
static void *
allocate (gsize size, GError **error)
{
  void *memory = NULL;

  if (!gen_cuda_check (cudaHostAlloc (&memory, size, cudaHostAllocDefault),
          "memory for a node that runs on the CPU", error))
    return NULL;
  return memory;
}

static void
release (void *memory)
{
  cudaFreeHost (memory);
}

static void
run_on_cpu (void *data)
{
  gen_fallback_run ((const GenFallback *)data);
}

gboolean
gen_cuda_fallback_add (GenCudaKernel *kernel, std::shared_ptr<GenFallback> fallback, GError **error)
{
  if (!gen_fallback_take_buffers (fallback.get (), allocate, release, error))
    return FALSE;
  kernel->launches.push_back ([fallback] (const GenCudaKernel &k, cudaStream_t stream) {
    for (guint i = 0; i < k.inputs.size (); i++) {
      void *input = gen_fallback_input (fallback.get (), i);

      if (input != NULL)
        cudaMemcpyAsync (
            input, k.inputs[i], gen_tensor_size (k.input (i)), cudaMemcpyDeviceToHost, stream);
    }
    cudaLaunchHostFunc (stream, run_on_cpu, fallback.get ());
    for (guint i = 0; i < k.outputs.size (); i++)
      if (k.outputs[i] != NULL)
        cudaMemcpyAsync (k.outputs[i], gen_fallback_output (fallback.get (), i),
            gen_tensor_size (k.output (i)), cudaMemcpyHostToDevice, stream);
  });
  return TRUE;
}
