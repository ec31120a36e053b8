/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of operators of any number of operands: all of them in one pass, so that
 * 16-bit floats are rounded once. */
#include "../../device/cuda/rare.h"

#define MAX_OPERANDS 8

template <typename T> struct Operands {
  const T *data[MAX_OPERANDS];
  int n;
};

#define FORMULA(name, expression)                                                                  \
  struct name {                                                                                    \
    template <typename T> __device__ inline T operator() (T x, T y) const                          \
    {                                                                                              \
      return (T)(expression);                                                                      \
    }                                                                                              \
  };

FORMULA (Add, x + y)
FORMULA (Max, x > y || x != x ? x : y)
FORMULA (Min, x < y || x != x ? x : y)

template <typename T, typename F>
__global__ void
combine (
    F formula, GenWalk<MAX_OPERANDS> walk, Operands<T> operands, float factor, T *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    GenOffsets<MAX_OPERANDS> at = walk.offsets (i);
    auto total = gen_load (&operands.data[0][at.of[0]]);

    for (int k = 1; k < MAX_OPERANDS; k++)
      if (k < operands.n)
        total = formula (total, gen_load (&operands.data[k][at.of[k]]));
    gen_store (&out[i], factor == 1 ? total : (decltype (total)) (total / factor));
  }
}

static gboolean
find_walk (const GenNode *node, GenWalk<MAX_OPERANDS> *walk)
{
  const GenShape *shape = &gen_node_output (node, 0)->shape;
  gint64 strides[MAX_OPERANDS][GEN_MAX_RANK] = {};

  if (node->inputs->len > MAX_OPERANDS)
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++)
    gen_tensor_broadcast_strides (gen_node_input (node, i), shape, strides[i]);
  return gen_walk_set<MAX_OPERANDS> (walk, shape->rank, shape->dims, strides);
}

template <typename F>
static gboolean
variadic (GenCudaKernel *kernel, float factor)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  GenWalk<MAX_OPERANDS> walk;

  if (!find_walk (kernel->node, &walk))
    return FALSE;
  const gboolean added = gen_visit_numbers (kernel->output (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        Operands<T> operands = {};

        operands.n = k.inputs.size ();
        for (int i = 0; i < operands.n; i++)
          operands.data[i] = k.in<T> (i);
        gen_cuda_launch (combine<T, F>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, F{}, walk,
            operands, factor, k.out<T> (0), n);
      });
  });
  return added || (kernel->node->inputs->len == 2 && factor == 1 && gen_add_rare<2> (kernel, F{}));
}

static gboolean
sum (GenCudaKernel *kernel, GError **error)
{
  return variadic<Add> (kernel, 1);
}

static gboolean
mean (GenCudaKernel *kernel, GError **error)
{
  return variadic<Add> (kernel, kernel->node->inputs->len);
}

static gboolean
maximum (GenCudaKernel *kernel, GError **error)
{
  return variadic<Max> (kernel, 1);
}

static gboolean
minimum (GenCudaKernel *kernel, GError **error)
{
  return variadic<Min> (kernel, 1);
}

extern const GenCudaOperator gen_cuda_variadic_operators[] = {
  { "Max", NULL, maximum, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Mean", NULL, mean, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Min", NULL, minimum, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sum", NULL, sum, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
