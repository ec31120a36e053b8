/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of Where: elements are moved by their size. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

template <typename T>
__global__ void
choose (GenWalk<3> walk, const uint8_t *condition, const T *x, const T *y, T *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    GenOffsets<3> at = walk.offsets (i);

    out[i] = condition[at.of[0]] ? x[at.of[1]] : y[at.of[2]];
  }
}

static gboolean
where (GenCudaKernel *kernel, GError **error)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  GenWalk<3> walk;

  if (!gen_walk_init (&walk, kernel->node))
    return FALSE;
  return gen_visit_sizes (gen_data_type_size (kernel->output (0)->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (choose<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, walk,
            k.in<uint8_t> (0), k.in<T> (1), k.in<T> (2), k.out<T> (0), n);
      });
  });
}

extern const GenCudaOperator gen_cuda_where_operators[] = {
  { "Where", NULL, where, 6, 1 },
  {},
};
