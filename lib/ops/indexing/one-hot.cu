/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of OneHot: each result asks for its index. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

/* [outer, depth, inner] */
template <typename I, typename T>
__global__ void
mark (GenDivider depth, GenDivider inner, const I *indices, const T *values, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = inner.divide ((uint32_t)i), outer = depth.divide (line);
    const uint32_t at = line - outer * depth.divisor;
    double index = (double)gen_load (
        &indices[(size_t)outer * inner.divisor + ((uint32_t)i - line * inner.divisor)]);

    index = index < 0 ? index + depth.divisor : index;
    y[i] = values[index >= 0 && index < depth.divisor && (uint32_t)index == at];
  }
}

template <typename I>
static gboolean
add (GenCudaKernel *kernel)
{
  const GenShape *shape = &kernel->output (0)->shape;
  const int axis = gen_axis (gen_node_int (kernel->node, "axis", -1), shape->rank);
  const gint64 depth = shape->dims[axis], inner = gen_shape_product (shape, axis + 1, shape->rank);
  const gsize n = gen_cuda_elements (kernel->output (0));

  return gen_visit_sizes (gen_data_type_size (kernel->output (0)->type), [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (mark<I, T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
            GenDivider ((uint32_t)depth), GenDivider ((uint32_t)inner), k.in<I> (0), k.in<T> (2),
            k.out<T> (0), n);
      });
  });
}

/* Indices are of the types that indices have, or float32. */
static gboolean
one_hot (GenCudaKernel *kernel, GError **error)
{
  if (gen_cuda_elements (kernel->output (0)) > (gsize)GEN_WALK_MAX)
    return FALSE;
  switch (kernel->input (0)->type) {
  case GEN_TYPE_INT32:
    return add<int32_t> (kernel);
  case GEN_TYPE_INT64:
    return add<int64_t> (kernel);
  case GEN_TYPE_UINT8:
    return add<uint8_t> (kernel);
  case GEN_TYPE_FLOAT32:
    return add<float> (kernel);
  default:
    return FALSE;
  }
}

extern const GenCudaOperator gen_cuda_one_hot_operators[] = {
  { "OneHot", NULL, one_hot, 4, 1 },
  {},
};
