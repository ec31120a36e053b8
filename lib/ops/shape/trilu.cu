/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Trilu and EyeLike. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

/* `k` is on the device; NULL means 0. */
template <typename T>
__global__ void
keep_triangle (
    GenDivider rows, GenDivider columns, int upper, const gint64 *k, const T *x, T *y, size_t n)
{
  const gint64 diagonal = k != NULL ? *k : 0;

  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = columns.divide ((uint32_t)i);
    const gint64 column = (uint32_t)i - line * columns.divisor;
    const gint64 beside = column - (line - rows.divide (line) * rows.divisor);

    y[i] = (upper ? beside >= diagonal : beside <= diagonal) ? x[i] : (T)0;
  }
}

template <typename T>
__global__ void
draw_diagonal (GenDivider columns, gint64 k, T one, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = columns.divide ((uint32_t)i);

    y[i] = (gint64)((uint32_t)i - line * columns.divisor) - line == k ? one : (T)0;
  }
}

static gboolean
trilu (GenCudaKernel *kernel, GError **error)
{
  const GenShape *shape = &kernel->input (0)->shape;
  const gint64 rows = shape->dims[shape->rank - 2], columns = shape->dims[shape->rank - 1];
  const gboolean upper = gen_node_int (kernel->node, "upper", 1) != 0;
  const gboolean has_k = kernel->input (1) != NULL;
  const gsize n = gen_cuda_elements (kernel->input (0));

  if (n > (gsize)GEN_WALK_MAX)
    return FALSE;
  return gen_visit_sizes (gen_data_type_size (kernel->input (0)->type), [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (keep_triangle<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
            GenDivider ((uint32_t)rows), GenDivider ((uint32_t)columns), upper,
            has_k ? k.in<gint64> (1) : NULL, k.in<T> (0), k.out<T> (0), n);
      });
  });
}

static gboolean
eye_like (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *y = kernel->output (0);
  const gint64 k = gen_node_int (kernel->node, "k", 0), columns = y->shape.dims[1];
  const gsize n = gen_cuda_elements (y);

  if (n > (gsize)GEN_WALK_MAX)
    return FALSE;
  const auto add = [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &kn, cudaStream_t stream) {
        gen_cuda_launch (draw_diagonal<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
            GenDivider ((uint32_t)columns), k, (T)1.0f, kn.out<T> (0), n);
      });
  };
  return gen_visit_numbers (y->type, add) || gen_visit_doubles (y->type, add);
}

extern const GenCudaOperator gen_cuda_trilu_operators[] = {
  { "EyeLike", NULL, eye_like, 0, 1 },
  { "Trilu", NULL, trilu },
  {},
};
