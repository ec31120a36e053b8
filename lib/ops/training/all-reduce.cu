/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of AllReduce, AllReduceBegin and AllReduceEnd (all-reduce.h). What they share
 * stands in sums.h. */
#include "../../device/cuda/launch.h"
#include "../../device/cuda/sums.h"

__global__ void
scale (const float *from, float *to, float factor, size_t n)
{
  for (GEN_CUDA_EACH (i, n))
    to[i] = factor * from[i];
}

/* The sum of one that is alone. */
static gboolean
add_scale (GenCudaKernel *kernel)
{
  const gsize n = gen_cuda_elements (kernel->output (0));
  const float factor = gen_node_float (kernel->node, "factor", 1);

  if (n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (scale, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, k.in<float> (0),
          k.out<float> (0), factor, n);
    });
  return TRUE;
}

static gboolean
begin (GenCudaKernel *kernel, GError **error)
{
  std::shared_ptr<GenCudaSum> sum;

  if (kernel->sums == NULL)
    return add_scale (kernel);
  sum = gen_cuda_sums_add (kernel, error);
  if (sum == nullptr)
    return FALSE;
  kernel->launches.push_back ([sum] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_sum_begin (sum.get (), k, k.in<float> (0), k.out<float> (0), stream);
  });
  return TRUE;
}

static void
add_wait (GenCudaKernel *kernel, std::shared_ptr<GenCudaSum> sum)
{
  kernel->launches.push_back ([sum] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_sum_end (sum.get (), stream);
  });
}

static gboolean
end (GenCudaKernel *kernel, GError **error)
{
  const gsize size = gen_tensor_size (kernel->output (0));

  if (kernel->sums != NULL) {
    const auto found = kernel->sums->begun.find (kernel->input (0));

    if (found == kernel->sums->begun.end ())
      return gen_node_error (kernel->node, error, "its first input is not of AllReduceBegin");
    add_wait (kernel, found->second);
  }
  kernel->launches.push_back ([size] (const GenCudaKernel &k, cudaStream_t stream) {
    if (k.outputs[0] != k.inputs[0])
      cudaMemcpyAsync (k.outputs[0], k.inputs[0], size, cudaMemcpyDeviceToDevice, stream);
  });
  return TRUE;
}

static gboolean
all_reduce (GenCudaKernel *kernel, GError **error)
{
  if (!begin (kernel, error))
    return FALSE;
  if (kernel->sums != NULL)
    add_wait (kernel, kernel->sums->begun[kernel->output (0)]);
  return TRUE;
}

extern const GenCudaOperator gen_cuda_all_reduce_operators[] = {
  { "AllReduce", "generative", all_reduce },
  { "AllReduceBegin", "generative", begin },
  { "AllReduceEnd", "generative", end },
  {},
};
