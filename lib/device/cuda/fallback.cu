/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fallback.h"

G_BEGIN_DECLS
#include "../../graph/kernel.h"
G_END_DECLS

struct GenCudaFallback {
  GenKernel kernel = {};
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  std::vector<std::shared_ptr<void> > pinned;

  ~GenCudaFallback ()
  {
    gen_kernel_clear (&kernel);
    gen_aligned_free (kernel.scratch);
  }
};

/* Memory that the device can copy from and to by itself. */
static void *
take_pinned (GenCudaFallback *fallback, gsize size, GError **error)
{
  void *memory = NULL;

  if (!gen_cuda_check (cudaHostAlloc (&memory, MAX (size, 1), cudaHostAllocDefault),
          "memory for a node that runs on the CPU", error))
    return NULL;
  fallback->pinned.emplace_back (memory, [] (void *p) { cudaFreeHost (p); });
  return memory;
}

static gboolean
take_buffers (GenCudaFallback *fallback, const GenNode *node, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *tensor = gen_node_input (node, i);
    const void *data = tensor != NULL ? gen_tensor_constant (tensor) : NULL;

    if (tensor != NULL && data == NULL) {
      data = take_pinned (fallback, gen_tensor_size (tensor), error);
      if (data == NULL)
        return FALSE;
    }
    fallback->inputs.push_back (data);
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *tensor = gen_node_output (node, i);
    void *data = NULL;

    if (tensor != NULL) {
      data = take_pinned (fallback, gen_tensor_size (tensor), error);
      if (data == NULL)
        return FALSE;
    }
    fallback->outputs.push_back (data);
  }
  fallback->kernel.inputs = fallback->inputs.data ();
  fallback->kernel.outputs = fallback->outputs.data ();
  return TRUE;
}

std::shared_ptr<GenCudaFallback>
gen_cuda_fallback_new (const GenCudaKernel *kernel, int threads, GError **error)
{
  auto fallback = std::make_shared<GenCudaFallback> ();
  GenKernel *cpu = &fallback->kernel;

  gen_kernel_init (cpu, kernel->node, threads);
  cpu->precision = kernel->precision;
  cpu->seed = kernel->seed;
  if (!gen_kernel_prepare (cpu, error))
    return nullptr;
  return fallback;
}

static void
run_on_cpu (void *data)
{
  gen_kernel_run ((const GenKernel *)data);
}

gboolean
gen_cuda_fallback_add (
    GenCudaKernel *kernel, std::shared_ptr<GenCudaFallback> fallback, GError **error)
{
  if (!take_buffers (fallback.get (), kernel->node, error))
    return FALSE;
  fallback->kernel.scratch = gen_aligned_alloc (fallback->kernel.scratch_size);
  kernel->launches.push_back ([fallback] (const GenCudaKernel &k, cudaStream_t stream) {
    const GenKernel *cpu = &fallback->kernel;

    for (guint i = 0; i < k.inputs.size (); i++)
      if (k.inputs[i] != NULL && gen_tensor_constant (k.input (i)) == NULL)
        cudaMemcpyAsync ((void *)cpu->inputs[i], k.inputs[i], gen_tensor_size (k.input (i)),
            cudaMemcpyDeviceToHost, stream);
    cudaLaunchHostFunc (stream, run_on_cpu, &fallback->kernel);
    for (guint i = 0; i < k.outputs.size (); i++)
      if (k.outputs[i] != NULL)
        cudaMemcpyAsync (k.outputs[i], cpu->outputs[i], gen_tensor_size (k.output (i)),
            cudaMemcpyHostToDevice, stream);
  });
  return TRUE;
}

void
gen_cuda_fallback_set_draw (GenCudaFallback *fallback, guint64 draw)
{
  fallback->kernel.draw = draw;
}

const GenKernel *
gen_cuda_fallback_kernel (const GenCudaFallback *fallback)
{
  return &fallback->kernel;
}
