/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Gather, GatherElements and GatherND: for each element of the result,
 * where it comes from. */
#include "indices-places.h"

#include "../../device/cuda/types.h"

template <typename T>
__global__ void
gather (GenIndices indices, GenDivider n, GenDivider inner, const T *x, T *out, size_t total)
{
  for (GEN_CUDA_EACH (i, total)) {
    uint32_t row = inner.divide ((uint32_t)i), outer = n.divide (row);
    gint64 index = indices.get (row - outer * n.divisor, indices.extent);

    out[i] = x[(outer * indices.extent + index) * inner.divisor + (i - row * inner.divisor)];
  }
}

template <typename T>
__global__ void
gather_places (GenIndices indices, GenElementPlaces places, const T *x, T *out, size_t total)
{
  for (GEN_CUDA_EACH (i, total))
    out[i] = x[places.place (indices, i)];
}

template <typename T>
__global__ void
gather_tuples (
    GenIndices indices, GenTuplePlaces places, GenDivider inner, const T *x, T *out, size_t total)
{
  for (GEN_CUDA_EACH (i, total)) {
    uint32_t tuple = inner.divide ((uint32_t)i);

    out[i] = x[places.place (indices, tuple) * inner.divisor + (i - tuple * inner.divisor)];
  }
}

/* The largest size of what slices of `inner` elements can be moved in, 16 bytes at most; `inner`
 * becomes their number. */
static gsize
widen (gsize size, gint64 *inner)
{
  while (size < 16 && *inner % 2 == 0) {
    size *= 2;
    *inner /= 2;
  }
  return size;
}

static gboolean
prepare_gather (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *x = kernel->input (0);
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), x->shape.rank);
  gint64 n = gen_shape_elements (&kernel->input (1)->shape);
  gint64 inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  GenIndices indices (kernel->input (1), x->shape.dims[axis]);

  if (gen_cuda_elements (kernel->output (0)) > GEN_WALK_MAX)
    return FALSE;
  if (gen_cuda_elements (kernel->output (0)) == 0)
    return n == 0 || x->shape.dims[axis] > 0;
  if (x->shape.dims[axis] == 0)
    return gen_node_error (kernel->node, error, "nothing can be taken from an extent of 0");
  return gen_visit_wide (widen (gen_data_type_size (x->type), &inner), [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const gsize total = gen_shape_product (&x->shape, 0, axis) * n * inner;
    const GenDivider by_n ((uint32_t)n), by_inner ((uint32_t)inner);

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (gather<T>, gen_cuda_grid (total), GEN_CUDA_BLOCK, stream,
          indices.at (k.inputs[1]), by_n, by_inner, k.in<T> (0), k.out<T> (0), total);
    });
  });
}

static gboolean
prepare_gather_elements (GenCudaKernel *kernel, GError **error)
{
  gsize total = gen_cuda_elements (kernel->output (0));
  GenElementPlaces places;

  if (!places.init (kernel->node))
    return FALSE;
  return gen_visit_sizes (gen_data_type_size (kernel->output (0)->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const GenIndices indices (kernel->input (1), places.extent);

    if (total > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (gather_places<T>, gen_cuda_grid (total), GEN_CUDA_BLOCK, stream,
            indices.at (k.inputs[1]), places, k.in<T> (0), k.out<T> (0), total);
      });
  });
}

static gboolean
prepare_gather_nd (GenCudaKernel *kernel, GError **error)
{
  gint64 inner;
  GenTuplePlaces places;

  if (gen_cuda_elements (kernel->output (0)) > GEN_WALK_MAX || !places.init (kernel->node, &inner))
    return FALSE;
  return gen_visit_wide (
      widen (gen_data_type_size (kernel->output (0)->type), &inner), [&] (auto *type) {
        typedef GEN_VISITED (type) T;
        const gsize total = gen_tensor_size (kernel->output (0)) / sizeof (T);
        const GenDivider by_inner ((uint32_t)MAX (inner, 1));
        const GenIndices indices (kernel->input (1), 0);

        if (total > 0)
          kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
            gen_cuda_launch (gather_tuples<T>, gen_cuda_grid (total), GEN_CUDA_BLOCK, stream,
                indices.at (k.inputs[1]), places, by_inner, k.in<T> (0), k.out<T> (0), total);
          });
      });
}

extern const GenCudaOperator gen_cuda_indices_operators[] = {
  { "Gather", NULL, prepare_gather },
  { "GatherElements", NULL, prepare_gather_elements },
  { "GatherND", NULL, prepare_gather_nd },
  {},
};
