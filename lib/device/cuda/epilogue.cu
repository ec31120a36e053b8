/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "epilogue.h"

#include "activation.h"
#include "types.h"
#include "walk.h"

/* Element i is of channel i / inner % channels. */
template <typename T>
__global__ void
finish (
    GenActivation activation, const T *bias, GenDivider inner, GenDivider channels, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    auto v = gen_load (&y[i]);

    if (bias != NULL) {
      uint32_t line = inner.divide ((uint32_t)i);

      v += gen_load (&bias[line - channels.divide (line) * channels.divisor]);
    }
    gen_store (&y[i], gen_cuda_activate (activation, v));
  }
}

static gboolean
add (GenCudaKernel *kernel, int input)
{
  const GenActivation activation = kernel->node->activation;
  const GenTensor *y = kernel->output (0);
  const GenShape *shape = &y->shape;
  gsize n = gen_cuda_elements (y);
  gint64 channels = shape->rank > 1 ? shape->dims[1] : 1;
  gint64 inner = y->layout == GEN_LAYOUT_CHANNELS_LAST || shape->rank < 2
                     ? 1
                     : gen_shape_product (shape, 2, shape->rank);

  if (n == 0 || (input < 0 && activation.kind == GEN_ACTIVATION_NONE))
    return TRUE;
  if (n > GEN_WALK_MAX)
    return FALSE;
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (finish<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, activation,
          input >= 0 ? k.in<T> (input) : NULL, GenDivider ((uint32_t)inner),
          GenDivider ((uint32_t)channels), k.out<T> (0), n);
    });
  });
}

gboolean
gen_cuda_add_activation (GenCudaKernel *kernel)
{
  return add (kernel, -1);
}

gboolean
gen_cuda_add_bias (GenCudaKernel *kernel, guint input)
{
  return add (kernel, (int)input);
}
