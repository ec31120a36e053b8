/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of each sum of a product or a convolution: bias, another tensor, activation. */
#pragma once

#include "activation.h"
#include "types.h"

template <typename T> struct GenCudaFinish {
  GenActivation activation;
  const T *bias, *more_bias, *slopes, *added; /* NULL: none */

  /* `v` is of that channel, and becomes element `i` of the result. */
  template <typename V> __device__ inline V of (V v, uint32_t channel, size_t i) const
  {
    V slope = 0;

    if (bias != NULL)
      v += gen_load (&bias[channel]);
    if (more_bias != NULL)
      v += gen_load (&more_bias[channel]);
    if (added != NULL)
      v += gen_load (&added[i]);
    if (slopes != NULL)
      slope = gen_load (&slopes[channel]);
    return gen_cuda_activate (activation, v, slope);
  }
};

/* All that the kernel's node does; `bias` is the number of the operator's own, -1: none. */
template <typename T>
static GenCudaFinish<T>
gen_cuda_finish_of (const GenCudaKernel &k, int bias)
{
  const GenTaken taken = k.node->taken;

  return { k.node->activation, bias >= 0 ? k.in<T> (bias) : NULL,
    taken.bias > 0 ? k.in<T> (taken.bias) : NULL, taken.slopes > 0 ? k.in<T> (taken.slopes) : NULL,
    taken.added > 0 ? k.in<T> (taken.added) : NULL };
}
