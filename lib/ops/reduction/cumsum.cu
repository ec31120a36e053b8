/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of CumSum. Where the axis is innermost a warp has a row, else a thread has a
 * column, so that neighbours read side by side. */
#include "../../device/cuda/reduce.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "cumsum.h"
G_END_DECLS

template <typename T>
__global__ void
sum_columns (GenDivider inner, int n, int exclusive, int reverse, const T *x, T *y, size_t columns)
{
  for (GEN_CUDA_EACH (i, columns)) {
    const uint32_t outer = inner.divide ((uint32_t)i);
    const size_t stride = inner.divisor, at = (size_t)outer * n * stride + (i - outer * stride);
    typename GenComputed<T>::Type sum = 0;

    for (int k = 0; k < n; k++) {
      const size_t place = at + (reverse ? n - 1 - k : k) * stride;
      const auto before = sum;

      sum += gen_load (&x[place]);
      gen_store (&y[place], exclusive ? before : sum);
    }
  }
}

/* Each lane has the sum of its own and all lanes before. */
template <typename T>
static __device__ inline T
sum_lanes (T value, int lane)
{
  for (int step = 1; step < GEN_WARP; step *= 2) {
    const T before = __shfl_up_sync (0xffffffff, value, step);

    value += lane >= step ? before : (T)0;
  }
  return value;
}

template <typename T>
__global__ void
sum_rows (int n, int exclusive, int reverse, const T *x, T *y, size_t rows)
{
  typedef typename GenComputed<T>::Type C;
  const int lane = threadIdx.x;

  for (GEN_CUDA_EACH_ROW (row, rows)) {
    C sum = 0;

    for (int first = 0; first < n; first += GEN_WARP) {
      const int k = first + lane;
      const size_t place = row * n + (reverse ? n - 1 - k : k);
      const C own = k < n ? gen_load (&x[place]) : (C)0, total = sum + sum_lanes (own, lane);
      const C before = __shfl_up_sync (0xffffffff, total, 1);

      if (k < n)
        gen_store (&y[place], !exclusive ? total : lane == 0 ? sum : before);
      sum = __shfl_sync (0xffffffff, total, GEN_WARP - 1);
    }
  }
}

template <typename T>
static void
add (GenCudaKernel *kernel, const GenCumSum &s)
{
  const gsize columns = s.outer * s.inner;
  const int n = (int)s.n;

  if (columns * n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      if (s.inner == 1)
        gen_cuda_launch (sum_rows<T>, gen_cuda_grid (columns, GEN_CUDA_BLOCK / GEN_WARP),
            dim3 (GEN_WARP, GEN_CUDA_BLOCK / GEN_WARP), stream, n, s.exclusive, s.reverse,
            k.in<T> (0), k.out<T> (0), columns);
      else
        gen_cuda_launch (sum_columns<T>, gen_cuda_grid (columns), GEN_CUDA_BLOCK, stream,
            GenDivider ((uint32_t)s.inner), n, s.exclusive, s.reverse, k.in<T> (0), k.out<T> (0),
            columns);
    });
}

static gboolean
cumsum (GenCudaKernel *kernel, GError **error)
{
  const GenDataType type = kernel->input (0)->type;
  GenCumSum s;

  if (!gen_cumsum_init (&s, kernel->node, error) || s.n > GEN_WALK_MAX / 2 ||
      s.outer * s.inner > GEN_WALK_MAX)
    return FALSE;
  if (type == GEN_TYPE_INT32)
    add<int32_t> (kernel, s);
  else if (type == GEN_TYPE_INT64)
    add<int64_t> (kernel, s);
  else
    return gen_visit_floats (type, [&] (auto *pointer) { add<GEN_VISITED (pointer)> (kernel, s); });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_cumsum_operators[] = {
  /* Sums grow beyond what 16 bits tell apart: those that are phases would be noise. */
  { "CumSum", NULL, cumsum },
  {},
};
