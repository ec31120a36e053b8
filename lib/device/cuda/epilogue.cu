/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "epilogue.h"

#include "finish.h"
#include "walk.h"

/* Element i is of channel i / inner % channels. */
template <typename T>
__global__ void
finish (GenCudaFinish<T> f, GenDivider inner, GenDivider channels, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = inner.divide ((uint32_t)i);
    const uint32_t channel = line - channels.divide (line) * channels.divisor;

    gen_store (&y[i], f.of (gen_load (&y[i]), channel, i));
  }
}

gboolean
gen_cuda_is_plain (const GenNode *node)
{
  return node->taken.bias == 0 && node->taken.added == 0 && node->taken.slopes == 0;
}

gboolean
gen_cuda_add_finish (GenCudaKernel *kernel, int bias)
{
  const GenTensor *y = kernel->output (0);
  const GenShape *shape = &y->shape;
  const gsize n = gen_cuda_elements (y);
  /* The channels of a picture, the columns of matrices. */
  const gboolean picture = kernel->node->op->layouts == GEN_LAYOUTS_CHANNELS_LAST;
  const gint64 channels =
      shape->rank == 0 ? 1 : shape->dims[picture && shape->rank > 1 ? 1 : shape->rank - 1];
  const gint64 inner = picture && y->layout == GEN_LAYOUT_PLAIN && shape->rank > 2
                           ? gen_shape_product (shape, 2, shape->rank)
                           : 1;

  if (n == 0 || (bias < 0 && kernel->node->activation.kind == GEN_ACTIVATION_NONE &&
                    gen_cuda_is_plain (kernel->node)))
    return TRUE;
  if (n > GEN_WALK_MAX)
    return FALSE;
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (finish<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
          gen_cuda_finish_of<T> (k, bias), GenDivider ((uint32_t)inner),
          GenDivider ((uint32_t)channels), k.out<T> (0), n);
    });
  });
}
