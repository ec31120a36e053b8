/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cuda.h"

/* What an operator does to its result before storing it; `slope` is that of PRelu. */
template <typename T>
static __device__ inline T
gen_cuda_activate (GenActivation activation, T v, T slope = 0)
{
  switch (activation.kind) {
  case GEN_ACTIVATION_RELU:
    return v < 0 ? (T)0 : v;
  case GEN_ACTIVATION_LEAKY_RELU:
    return v < 0 ? v * (T)activation.alpha : v;
  case GEN_ACTIVATION_SIGMOID:
    return 1 / (1 + exp (-v));
  case GEN_ACTIVATION_TANH:
    return tanh (v);
  case GEN_ACTIVATION_CLIP:
    return v < (T)activation.alpha  ? (T)activation.alpha
           : v > (T)activation.beta ? (T)activation.beta
                                    : v;
  case GEN_ACTIVATION_GELU:
    return v / 2 * (1 + erf (v * (T)0.70710678118654752));
  case GEN_ACTIVATION_GELU_TANH:
    return v / 2 * (1 + tanh ((T)0.79788456080286536 * (v + (T)0.044715 * v * v * v)));
  case GEN_ACTIVATION_SILU:
    return v / (1 + exp (-v));
  case GEN_ACTIVATION_PRELU:
    return v < 0 ? v * slope : v;
  default:
    return v;
  }
}
