/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Softmax and LogSoftmax. The largest element and the sum of exponentials
 * are found in one pass, in which sums are scaled when a larger element comes (Milakov and
 * Gimelshein, "Online normalizer calculation for softmax", 2018). */
#include "../../device/cuda/reduce.h"
#include "../../device/cuda/types.h"

G_BEGIN_DECLS
#include "softmax.h"
G_END_DECLS

/* The largest of some elements, and the sum of e^(x - most). */
struct Sum {
  float most, total;
};

struct Join {
  __device__ inline Sum operator() (Sum a, Sum b) const
  {
    if (a.total == 0 || b.total == 0)
      return a.total == 0 ? b : a;
    /* Negative infinities have no difference. */
    if (a.most == b.most)
      return { a.most, a.total + b.total };
    if (a.most > b.most)
      return { a.most, a.total + b.total * expf (b.most - a.most) };
    return { b.most, b.total + a.total * expf (a.most - b.most) };
  }
};

static __device__ inline Sum
take (Sum sum, float x)
{
  return Join () (sum, Sum{ x, 1 });
}

static __device__ inline float
result (Sum sum, float x, int logarithm)
{
  return logarithm ? x - sum.most - logf (sum.total) : expf (x - sum.most) / sum.total;
}

/* A team has a row. */
template <typename T>
__global__ void
normalise_rows (int logarithm, size_t rows, size_t n, const T *x, T *y)
{
  for (GEN_CUDA_EACH_ROW (row, rows)) {
    const T *from = x + row * n;
    Sum sum = { 0, 0 };

    for (size_t i = threadIdx.x; i < n; i += blockDim.x)
      sum = take (sum, gen_load (&from[i]));
    sum = gen_team_reduce (sum, Join ());
    for (size_t i = threadIdx.x; i < n; i += blockDim.x)
      gen_store (&y[row * n + i], result (sum, gen_load (&from[i]), logarithm));
  }
}

/* A thread has a row, whose elements lie `inner` apart. */
template <typename T>
__global__ void
normalise_alone (int logarithm, size_t rows, size_t n, size_t inner, const T *x, T *y)
{
  for (GEN_CUDA_EACH (row, rows)) {
    const size_t at = row / inner * n * inner + row % inner;
    Sum sum = { 0, 0 };

    for (size_t i = 0; i < n; i++)
      sum = take (sum, gen_load (&x[at + i * inner]));
    for (size_t i = 0; i < n; i++)
      gen_store (&y[at + i * inner], result (sum, gen_load (&x[at + i * inner]), logarithm));
  }
}

static gboolean
prepare (GenCudaKernel *kernel, int logarithm, GError **error)
{
  GenSoftmaxExtents e;

  if (!gen_softmax_extents (kernel->node, &e, error))
    return FALSE;
  return gen_visit_floats (kernel->input (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const size_t rows = e.outer * e.inner, n = e.n, inner = e.inner;
    const GenCudaTeams teams (rows, n);

    if (rows * n == 0)
      return;
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      if (inner == 1)
        gen_cuda_launch (normalise_rows<T>, teams.grid, teams.block, stream, logarithm, rows, n,
            k.in<T> (0), k.out<T> (0));
      else
        gen_cuda_launch (normalise_alone<T>, gen_cuda_grid (rows), GEN_CUDA_BLOCK, stream,
            logarithm, rows, n, inner, k.in<T> (0), k.out<T> (0));
    });
  });
}

static gboolean
softmax (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, FALSE, error);
}

static gboolean
log_softmax (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, TRUE, error);
}

extern const GenCudaOperator gen_cuda_softmax_operators[] = {
  { "LogSoftmax", NULL, log_softmax },
  { "Softmax", NULL, softmax, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
